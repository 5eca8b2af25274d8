import Tensor

/// What images a layer takes: their channels, and what their sides must be multiples of.
///
/// A layer that says so (``Layer/inputDescription``) is protected by whoever calls it with data from files: what does not
/// fit is an error with both numbers, not a stop of the program inside a convolution.
public struct InputDescription: Sendable, Hashable, Codable {
  /// Channels of the image.
  public let channels: Int
  /// What the side of an image must be a multiple of, along each spatial axis.
  public let sizeMultiple: [Int]

  /// - Precondition: at least one channel, and multiples of at least 1.
  public init(channels: Int, sizeMultiple: [Int]) {
    shapePrecondition(
      channels >= 1 && sizeMultiple.allSatisfy { $0 >= 1 },
      "images have channels and sides, not \(channels) and multiples of \(sizeMultiple)")
    self.channels = channels
    self.sizeMultiple = sizeMultiple
  }

  /// Spatial axes of the image.
  public var spatialAxes: Int { sizeMultiple.count }

  /// What is wrong with an image of a shape `[spatial..., channels]`; `nil` when it fits.
  func misfit(of shape: TensorShape) -> String? {
    let sides = Array(shape.dimensions.dropLast())
    guard sides.count == spatialAxes, shape.dimensions.last == channels,
      zip(sides, sizeMultiple).allSatisfy({ $0 >= 1 && $0 % $1 == 0 })
    else {
      return "the network takes \(spatialAxes) axes of multiples of \(sizeMultiple) and \(channels) channels"
    }
    return nil
  }
}

/// A spatial axis by its name: a volume `[plane, row, column, C]` has three, an image `[row, column, C]` the last two.
public enum SpatialAxis: String, Sendable, Hashable, Codable, CaseIterable {
  case plane
  case row
  case column

  /// The place among the axes of an image or window of `count` axes; `nil` where there is no such axis.
  func place(amongAxes count: Int) -> Int? {
    let place = (Self.allCases.firstIndex(of: self) ?? 0) + count - Self.allCases.count
    return place >= 0 ? place : nil
  }
}
