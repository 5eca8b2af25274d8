import Contrastive
import Foundation
import Tensor
import TestSupport

/// Fixtures/augmentation.json; see PROVENANCE.md there.
struct AugmentationReferences: Decodable {
  struct Fixed: Decodable {
    let brightness: Double
    let contrast: Double
    let sigma: Double
    let view: [Double]
  }

  struct Warped: Decodable {
    let angle: Double
    let factor: Double
    let cubic: [Double]
    let nearest: [Double]
  }

  private let image: [Double]
  let shape: [Int]
  let fixed: [Fixed]
  let warped: [Warped]

  init() throws {
    guard
      let url = Bundle.module.url(
        forResource: "augmentation", withExtension: "json", subdirectory: "Fixtures")
    else { throw MissingReference(name: "augmentation.json") }
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
  }

  /// `[H, W, 1]`.
  func image<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) -> Tensor<Scalar> { tensor(image) }

  /// Values as `[H, W, 1]`.
  func tensor<Scalar: TensorFloatingPointScalar>(_ values: [Double]) -> Tensor<Scalar> {
    Tensor(converting: Tensor<Double>(values, shape: TensorShape(shape + [1])))
  }
}

extension VariedAugmentation {
  /// A warp that changes nothing, to change one thing in.
  static var still: VariedAugmentation {
    var augmentation = VariedAugmentation()
    augmentation.mirrorProbability = 0
    augmentation.warpProbability = 1
    augmentation.elastic = nil
    augmentation.rotation = 0...0
    augmentation.sizeFactor = .unchanged
    return augmentation
  }
}
