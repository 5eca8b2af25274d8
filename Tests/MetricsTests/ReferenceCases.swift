import Foundation
import Metrics
import Tensor
import Testing

/// The masks and the values other packages give for them (Fixtures/masks.json, see PROVENANCE.md).
struct ReferenceCases: Decodable {
  let binary: [BinaryCase]
  let multiclass: [MulticlassCase]

  static let shared = load("masks")
  /// Random masks with unequal spacings, where the order of a surfel's voxels matters.
  static let surfels = load("surfels").binary

  private static func load(_ name: String) -> ReferenceCases {
    do {
      guard let url = Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures")
      else { throw CocoaError(.fileNoSuchFile) }
      return try JSONDecoder().decode(ReferenceCases.self, from: Data(contentsOf: url))
    } catch { preconditionFailure("the fixture \(name).json cannot be read: \(error)") }
  }
}

struct BinaryCase: Decodable, CustomTestStringConvertible, Sendable {
  let name: String
  let shape: [Int]
  let spacing: [Double]
  let tolerance: Double
  let predicted: [Int]
  let actual: [Int]
  /// Values by package and quantity.
  let expected: [String: [String: ReferenceValue]]

  enum CodingKeys: String, CodingKey {
    case name, shape, spacing, expected
    case tolerance = "nsd_tolerance"
    case predicted = "pred_indices_c_order"
    case actual = "gt_indices_c_order"
  }

  var testDescription: String { name }
  var prediction: BinaryMask { mask(predicted) }
  var reference: BinaryMask { mask(actual) }
  var voxelSpacing: VoxelSpacing { VoxelSpacing(spacing) }

  private func mask(_ indices: [Int]) -> BinaryMask {
    var values = [Bool](repeating: false, count: shape.reduce(1, *))
    for index in indices { values[index] = true }
    return BinaryMask(Tensor(values, shape: TensorShape(shape)))
  }

  func distances(_ surface: SurfaceDefinition = .boundaryVoxels(.faces)) -> SurfaceDistances {
    SurfaceDistances(prediction: prediction, reference: reference, spacing: voxelSpacing, between: surface)
  }
}

struct MulticlassCase: Decodable, CustomTestStringConvertible, Sendable {
  let name: String
  let shape: [Int]
  let classCount: Int
  let predicted: [Int32]
  let actual: [Int32]
  let expected: [String: [ReferenceValue]]

  enum CodingKeys: String, CodingKey {
    case name, shape, expected
    case classCount = "num_classes"
    case predicted = "pred"
    case actual = "gt"
  }

  var testDescription: String { name }
  var prediction: LabelMap { LabelMap(Tensor(predicted, shape: TensorShape(shape))) }
  var reference: LabelMap { LabelMap(Tensor(actual, shape: TensorShape(shape))) }
}

/// A number, or a word such as `nan` where the package has none.
enum ReferenceValue: Decodable, Sendable {
  case number(Double)
  case word(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .word(try container.decode(String.self))
    }
  }

  var number: Double? { if case .number(let number) = self { number } else { nil } }
}

/// The differences between scores and a package's values that exceed the tolerance, as text.
func mismatches(
  _ scores: [(String, Score)], _ expected: [String: ReferenceValue]?, within tolerance: Double
) -> [String] {
  scores.compactMap { key, score in
    guard let expected = expected?[key] else { return "\(key): no reference value" }
    guard let number = expected.number, let value = score.value else {
      return expected.number == nil && score.value == nil ? nil : "\(key): \(score), expected \(expected)"
    }
    // The reference values are printed to ten decimals.
    let difference = (value - number).magnitude
    return difference <= tolerance * max(1, number.magnitude) ? nil : "\(key): \(value), expected \(number)"
  }
}
