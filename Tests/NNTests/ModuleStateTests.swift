import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct ModuleStateTests {
  private func network(seed: UInt64 = 1) -> UNet<Float> {
    var generator = SplitMix64(seed: seed)
    let network = UNet<Float>(UNetConfiguration(widths: [2, 4]), classCount: 2, using: &generator)
    _ = network(Variable(testTensor([1, 4, 4, 1], seed: seed)))
    return network
  }

  @Test func savedAndLoadedNetworksAreEqualToTheBit() throws {
    let folder = try TemporaryFolder()
    let (first, second) = (network(seed: 1), network(seed: 2))
    try first.save(to: folder.file("network.safetensors"))
    let report = try second.load(from: folder.file("network.safetensors"))
    #expect(report.isComplete)
    #expect(report.loaded.count == first.state().entries.count)
    #expect(try second.state().data() == first.state().data())
    first.setMode(.evaluation)
    second.setMode(.evaluation)
    let images: Tensor<Float> = testTensor([1, 4, 4, 1])
    #expect(first(Variable(images)).value == second(Variable(images)).value)
  }

  @Test func aFileInDoubleLoadsIntoFloat() throws {
    var generator = SplitMix64(seed: 1)
    let double = UNet<Double>(UNetConfiguration(widths: [2, 4]), classCount: 2, using: &generator)
    let single = network(seed: 2)
    try single.load(double.state())
    #expect(single.head.weight.value == Tensor(converting: double.head.weight.value))
  }

  /// A file without one name, with one of another shape, and with one that the module lacks.
  private func differingFile(_ module: UNet<Float>) -> Safetensors {
    var file = Safetensors()
    for (name, entry) in module.state().entries where name != "encoder.stages.0.norm1.running_mean" {
      file.set(entry, for: name)
    }
    file.set(Tensor<Float>(zeros: [3, 2, 1, 1]), for: "head.weight")
    file.set(Tensor<Float>(zeros: [1]), for: "extra")
    return file
  }

  @Test func aStrictLoadReportsEverythingAndChangesNothing() throws {
    let module = network(seed: 2)
    let before = try module.state().data()
    let error = #expect(throws: CheckpointError.self) { try module.load(differingFile(network(seed: 1))) }
    #expect(error?.code == .mismatch)
    let context = try #require(error).context
    for part in [
      "encoder.stages.0.norm1.running_mean", "extra", "head.weight is [3, 2, 1, 1], expected [2, 2, 1, 1]",
    ] {
      #expect(context.contains(part), "\(context)")
    }
    #expect(try module.state().data() == before)
  }

  @Test func aMatchingLoadTakesWhatFits() throws {
    let (source, module) = (network(seed: 1), network(seed: 2))
    let head = module.head.weight.value
    let report = try module.load(differingFile(source), policy: .matching)
    #expect(report.missing == ["encoder.stages.0.norm1.running_mean"])
    #expect(report.unexpected == ["extra"])
    #expect(
      report.mismatched == [.init(name: "head.weight", expected: [2, 2, 1, 1], found: [3, 2, 1, 1])])
    #expect(!report.isComplete)
    #expect(report.loaded.count == module.state().entries.count - 2)
    #expect(module.head.weight.value == head)
    #expect(module.encoder.center.conv1.weight.value == source.encoder.center.conv1.weight.value)
  }

  @Test func aTensorOfAnotherTypeIsAnErrorAndChangesNothing() throws {
    let module = network(seed: 2)
    let before = try module.state().data()
    for (name, wrong) in [("head.weight", Tensor<Int32>(zeros: [2, 2, 1, 1]))] {
      var file = network(seed: 1).state()
      file.set(wrong, for: name)
      for policy in [LoadPolicy.strict, .matching] {
        let error = #expect(throws: CheckpointError.self) { try module.load(file, policy: policy) }
        #expect(error?.code == .unsupportedScalar)
        #expect(error?.context.contains(name) == true)
      }
    }
    var file = network(seed: 1).state()
    file.set(Tensor<Float>(1), for: "encoder.stages.0.norm1.num_batches_tracked")
    #expect(throws: CheckpointError.self) { try module.load(file) }
    #expect(try module.state().data() == before)
  }

  /// A tensor of a type that does not convert hinders nobody but the module that asks for it.
  @Test func aTypeThatTensorsDoNotHaveIsAnErrorWhereItIsAskedFor() throws {
    let module = network(seed: 2)
    var file = network(seed: 1).state()
    let half = try Safetensors(
      safetensorsFile(#"{"x":{"dtype":"BF16","shape":[2,2,1,1],"data_offsets":[0,8]}}"#, bytes: 8), path: "x")
    let entry = try #require(half.entries["x"])
    file.set(entry, for: "elsewhere")
    #expect(try module.load(file, policy: .matching).unexpected == ["elsewhere"])
    file.set(entry, for: "head.weight")
    let error = #expect(throws: CheckpointError.self) { try module.load(file, policy: .matching) }
    #expect(error?.code == .unsupportedScalar && error?.context.contains("BF16") == true)
  }

  @Test func twoMembersOfOneNameAreNotSaved() async {
    await #expect(processExitsWith: .failure) {
      final class Twins: Module {
        let first = Parameter(Tensor<Float>([1]))
        let second = Parameter(Tensor<Float>([2]))
        var members: [ModuleMember<Float>] { [.parameter("a", first), .parameter("a", second)] }
      }
      _ = Twins().state()
    }
  }

  @Test(arguments: [Float.nan, .infinity]) func weightsThatAreNotFiniteAreNotLoaded(_ value: Float) throws {
    let layer = Linear<Float>(weight: Tensor(rows: [[1, 2]]), bias: Tensor([0, 0]))
    var file = layer.state()
    file.set(Tensor<Float>([value, 1]), for: "bias")
    let error = #expect(throws: CheckpointError.self) { try layer.load(file, path: "weights") }
    #expect(error?.code == .notFinite && error?.context == "tensor 'bias' has 1 values that are not finite")
    #expect(layer.weight.value.scalars == [1, 2])
  }
}
