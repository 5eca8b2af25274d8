import Superpixel
import Tensor
import Testing

/// Every instruction set of this machine keeps the promises, and gives the labels of the others up to rounding. Each
/// test has a process of its own, because the choice is the process's.
@Suite struct KernelVariantTests {
  @Test func allVariantsAgree() async {
    await #expect(processExitsWith: .success) {
      for configuration in Configuration.all {
        var first: [Int32]?
        for variant in InstructionSet.available {
          variant.select()
          let result = try configuration.segment()
          #expect(LabelChecks.problem(result, mask: configuration.mask) == nil, "\(configuration) \(variant)")
          let labels = result.labels.labels.scalars
          #expect(LabelChecks.agreement(first ?? labels, labels) > 0.98, "\(configuration) \(variant)")
          first = first ?? labels
        }
      }
    }
  }

  @Test func labelsDoNotDependOnTheThreads() async {
    await #expect(processExitsWith: .success) {
      for configuration in Configuration.all {
        ComputeThreads.count = 1
        let one = try configuration.segment()
        for threads in [2, 3, 5] {
          ComputeThreads.count = threads
          #expect(try configuration.segment() == one, "\(configuration), \(threads) threads")
        }
      }
    }
  }
}

/// One way to call, on noise with structure; sizes divide nothing.
private struct Configuration: CustomStringConvertible {
  var shape: [Int]
  var channels = 1
  var isMasked = false
  var change: @Sendable (inout SLIC) -> Void = { _ in }

  static var all: [Configuration] {
    [
      Configuration(shape: [67, 53]), Configuration(shape: [1, 39]),
      Configuration(shape: [133, 171], channels: 3),
      Configuration(shape: [45, 70], channels: 2), Configuration(shape: [45, 70], channels: 4),
      Configuration(shape: [45, 70], channels: 5), Configuration(shape: [67, 83], isMasked: true),
      Configuration(shape: [19, 37, 41]), Configuration(shape: [9, 27, 31], channels: 3, isMasked: true),
      Configuration(shape: [67, 53]) { $0.variant = .slico },
      Configuration(shape: [67, 53]) { $0.rowStride = 3 },
      Configuration(shape: [67, 53]) { $0.sigma = 1.5 },
      Configuration(shape: [13, 37, 41]) { $0.spacing = [3, 1, 1] },
    ]
  }

  var description: String { "\(shape) x \(channels), masked \(isMasked)" }

  var mask: [Bool]? {
    guard isMasked else { return nil }
    let width = shape[shape.count - 1]
    return (0..<shape.reduce(1, *)).map { $0 % width > 5 && $0 / width % 11 != 3 }
  }

  func segment() throws -> Superpixels {
    let width = shape[shape.count - 1]
    let noise = TestImages.noise(TensorShape(shape + [channels])).scalars
    let image = Tensor<Float>(shape: TensorShape(shape + [channels])) { buffer in
      for index in buffer.indices {
        let (x, y) = (index / channels % width, index / channels / width)
        buffer[index] = (x / 17 + y / 13 + index % channels) % 3 == 0 ? 0.7 : 0.2
        buffer[index] += 0.2 * noise[index]
      }
    }
    var slic = SLIC(segmentCount: 25)
    change(&slic)
    let inside = mask.map { BinaryMask(Tensor($0, shape: TensorShape(shape))) }
    return try shape.count == 3
      ? slic.segment(volume: image, mask: inside) : slic.segment(image, mask: inside)
  }
}
