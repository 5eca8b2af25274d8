import Contrastive
import Foundation
import RunKit
import Tensor

extension PretrainingMethod {
  /// The method with views of another size: the largest gets this side, the others go with it, in multiples of 16. Sides are
  /// those of its settings that are called so: `size` of crops, `patchSize`, `imageSize`.
  ///
  /// - Throws: ``PretrainingError``, `DecodingError`: settings that cannot be read, which is a fault of the method's coding.
  func withViews(ofSize side: Int) throws -> Self {
    let settings = try settingsTree()
    guard let largest = settings.viewSides.max(), largest != side else { return self }
    let scaled = settings.scalingViewSides(by: Double(side) / Double(largest))
    return try replacingSettings(from: CanonicalJSON.data(of: scaled))
  }

  /// The side of its largest view; 0 without views.
  func largestViewSide() throws -> Int { try settingsTree().viewSides.max() ?? 0 }
}

extension PretrainingImage {
  /// A slice with zeros around it, as wide and as high as `side` at least, and all that goes with it: slices need not be square, and
  /// crops are refused where a side is shorter than they are.
  func padded(to side: Int) -> PretrainingImage {
    let sides = image.shape.dimensions.prefix(2).map { max($0, side) }
    guard sides != Array(image.shape.dimensions.prefix(2)) else { return self }
    func padded(_ slice: Tensor<Float>) -> Tensor<Float> {
      slice.centerPaddedOrCropped(to: sides + [slice.shape[2]], border: .constant(0))
    }
    var result = self
    result.image = padded(image)
    result.neighbors = neighbors.map(padded)
    result.pseudoMask = pseudoMask?.centerPaddedOrCropped(to: sides, border: .constant(0))
    result.mask = mask.map {
      BinaryMask($0.values.centerPaddedOrCropped(to: sides, border: .constant(false)))
    }
    return result
  }
}

extension JSONTree {
  private static let viewSides: Set = ["size", "patchSize", "imageSize"]

  /// All sides of views in a tree of settings.
  fileprivate var viewSides: [Int] {
    switch self {
    case .object(let members):
      members.flatMap { key, value -> [Int] in
        guard Self.viewSides.contains(key) else { return value.viewSides }
        switch value {
        case .number(let side): return [Int(side)]
        case .list(let sides):
          return sides.compactMap { side in if case .number(let side) = side { Int(side) } else { nil } }
        default: return []
        }
      }
    case .list(let items): items.flatMap(\.viewSides)
    default: []
    }
  }

  fileprivate func scalingViewSides(by factor: Double) -> JSONTree {
    func scaled(_ value: JSONTree) -> JSONTree {
      switch value {
      case .number(let side): .number(max(16, (side * factor / 16).rounded() * 16))
      case .list(let sides): .list(sides.map(scaled))
      default: value
      }
    }
    switch self {
    case .object(let members):
      return .object(
        Dictionary(
          uniqueKeysWithValues: members.map { key, value in
            (key, Self.viewSides.contains(key) ? scaled(value) : value.scalingViewSides(by: factor))
          }))
    case .list(let items): return .list(items.map { $0.scalingViewSides(by: factor) })
    default: return self
    }
  }
}
