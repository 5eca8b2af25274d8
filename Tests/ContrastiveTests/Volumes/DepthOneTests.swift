import Autograd
import Contrastive
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

/// The check values of images hold on volumes of depth 1.
@Suite struct DepthOneTests {
  /// An encoder of images, for volumes of one plane.
  private final class Planes<Scalar: TensorFloatingPointScalar>: FeatureEncoder {
    let encoder: any FeatureEncoder<Scalar>

    init(_ encoder: any FeatureEncoder<Scalar>) { self.encoder = encoder }

    var members: [ModuleMember<Scalar>] { [.module("encoder", encoder)] }

    var encoderDescription: EncoderDescription {
      let image = encoder.encoderDescription
      return EncoderDescription(
        inputChannels: image.inputChannels,
        levels: image.levels.map { .init(channels: $0.channels, stride: [1] + $0.stride) })
    }

    func callAsFunction(_ image: Variable<Scalar>) -> [Variable<Scalar>] {
      let shape = image.shape.dimensions
      return encoder(image.reshaped(TensorShape([shape[0]] + shape[2...]))).map {
        $0.reshaped(TensorShape([$0.shape[0], 1] + $0.shape.dimensions[1...]))
      }
    }
  }

  /// Images and maps `[B, H, W, ...]` as volumes `[B, 1, H, W, ...]`.
  private func deep<Scalar>(_ pair: (Tensor<Scalar>, Tensor<Scalar>)) -> (Tensor<Scalar>, Tensor<Scalar>) {
    (pair.0.expanded(at: 1), pair.1.expanded(at: 1))
  }

  /// PyTorch's step, its images as volumes.
  @Test(arguments: [("bottleneck", 4, 1), ("level2", 2, 1), ("level3_stride2", 3, 2)])
  func aStepIsTheReferenceOfImages(_ name: String, _ level: Int, _ stride: Int) throws {
    let reference = try ReferenceValues("supercl_step_\(name)", in: .module)
    #expect(try reference.number("level") == Double(level) && reference.number("stride") == Double(stride))
    let network = try referenceNetwork(Double.self)
    let views = SuperCLViews<Double>(
      fixed: deep((try reference.tensor("view1_fixed"), try reference.tensor("view2_fixed"))),
      varied: deep((try reference.tensor("view1_varied"), try reference.tensor("view2_varied"))),
      superpixels: deep((try reference.tensor("map1"), try reference.tensor("map2"))),
      positions: reference.contains("positions")
        ? try reference.tensor("positions", as: Double.self).scalars : [])
    var method = SuperCL()
    method.intraLevel = level == 4 ? .bottleneck : .stage(level)
    method.pixelSampling = .flat(stride: stride)
    let report = try SuperCLLoss(method).evaluate(
      SuperCLNetwork(encoder: Planes(network.encoder), projector: network.projector), views)
    for term in report.losses + [LossTerm("loss", Double(report.loss.item))] {
      let expected = try reference.number(term.name)
      #expect(abs(term.value - expected) <= 1e-8, "\(term.name) \(term.value), reference \(expected)")
    }
  }

  /// a = 0, .0875, .38125 of superpixels 1, 2, 3 of 4 x 4 pixels, whichever axis they lie along.
  @Test(arguments: [[1, 1, 4, 4], [1, 4, 1, 4], [1, 4, 4, 1], [1, 2, 2, 4]])
  func averageSuperpixelFeaturesAreTheCheckValues(_ sides: [Int]) throws {
    let means = Tensor<Double>(shape: [16]) { buffer in
      for index in 0..<16 { buffer[index] = 0.1 * Double(index) - 0.3 * Double((index / 4 + index % 4) % 3) }
    }
    let map = Tensor<Int32>([1, 1, 2, 2, 1, 1, 2, 2, 1, 3, 3, 2, 3, 3, 3, 3])
    let values = [0, 0, 0.0875, 0.38125]
    let vectors = try AverageSuperpixelFeatures()(
      means.reshaped(TensorShape(sides + [1])), superpixels: map.reshaped(TensorShape(sides)))
    let expected = Tensor(map.scalars.map { values[Int($0)] }, shape: [1, 16])
    #expect(vectors.isClose(to: expected, absoluteTolerance: 1e-9))
  }

  /// The positives of L_ins and the groups of CCL take rows, which have no axes: the values of the rows of the check.
  @Test func lossesOfImagesTakePooledVolumes() throws {
    // Features whose mean over the volume is the row of the check.
    let volumes =
      checkRows.reshaped([8, 1, 1, 1, 3])
      + Tensor<Double>([1, -1], shape: [1, 2, 1, 1, 1]) * Tensor(ones: [1, 1, 2, 2, 1])
    let rows = Variable(volumes).globalAveragePool()
    let identity = SupervisedContrastiveLoss()(rows, positives: InstancePositives.otherView.mask(batch: 4))
    #expect(abs(identity.item - 25.030356505774368) <= 1e-9)
    let near = InstancePositives.positions([0.05, 0.12, 0.5, 0.9])
    let placed = SupervisedContrastiveLoss()(rows, positives: near.mask(batch: 4))
    #expect(abs(placed.item - 20.581961469725005) <= 1e-9)
    let graph = NearestNeighborGraph(rows.value)
    #expect(graph.neighbors == [1, 2, 1, 2, 5, 6, 5, 6])
    let inter = InterImageContrastiveLoss()(rows, components: ConnectedComponentLabels(graph))
    #expect(abs(inter.item - 10.555856017959348) <= 1e-9)
  }

  // MARK: Views

  private var image: Tensor<Float> { Tensor(converting: testRows([40, 36, 1])) }

  private func key(_ step: Int) -> RandomKey { RandomKey(seed: 2).at(step: step) }

  /// Fixed and varied views, superpixels and maps of a volume of one plane are those of its image, to the bit, and the spacing
  /// of planes makes no difference.
  @Test(arguments: [SuperCL(), .asReleased, .brats]) func viewsAreThoseOfTheImage(_ method: SuperCL) throws {
    var flat = method
    flat.slic.segmentCount = 9
    (flat.patchSize, flat.superpixelChannels) = (32, .all)
    var deep = flat
    deep.patchSize = [1, 32, 32]
    let volume = PretrainingImage(
      image.expanded(at: 0), position: 0.5, spacing: VoxelSpacing(plane: 5, row: 0.7, column: 0.7))
    for step in 0..<6 {
      let expected = try SuperCLViewMaker(flat).views(
        of: [PretrainingImage(image, position: 0.5, spacing: VoxelSpacing(row: 0.7, column: 0.7))],
        key: key(step))
      let views = try SuperCLViewMaker(deep).views(of: [volume], key: key(step))
      #expect(views.fixed!.0.isIdentical(to: expected.fixed!.0.expanded(at: 1)))
      #expect(views.fixed!.1.isIdentical(to: expected.fixed!.1.expanded(at: 1)))
      #expect(views.varied!.0.isIdentical(to: expected.varied!.0.expanded(at: 1)))
      #expect(views.varied!.1.isIdentical(to: expected.varied!.1.expanded(at: 1)))
      #expect(views.superpixels!.0 == expected.superpixels!.0.expanded(at: 1))
      #expect(views.superpixels!.1 == expected.superpixels!.1.expanded(at: 1))
    }
  }
}
