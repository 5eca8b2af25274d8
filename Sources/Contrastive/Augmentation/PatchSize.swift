import NN

/// The sides of a patch, in pixels: one for all axes, or one for each.
///
///     method.patchSize = 128              // 128 x 128 of an image, 128 x 128 x 128 of a volume
///     method.patchSize = [32, 96, 96]     // planes, rows, columns of a volume
///
/// As JSON it is a number, or a list of them.
public struct PatchSize: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
  CustomStringConvertible
{
  /// One side for all axes, or one for each, outermost first.
  public let sides: [Int]

  /// The same side along every axis.
  public init(_ side: Int) { sides = [side] }

  /// A side for each axis, outermost first.
  public init(_ sides: [Int]) { self.sides = sides }

  public init(integerLiteral value: Int) { self.init(value) }
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The sides of a patch of so many axes; `nil` where it is one of another number of axes.
  public func sides(axes: Int) -> [Int]? {
    if sides.count == 1 { return [Int](repeating: sides[0], count: axes) }
    return sides.count == axes ? sides : nil
  }

  public var description: String { sides.count == 1 ? "\(sides[0])" : "\(sides)" }
}

extension PatchSize: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let sides = try? value.decode([Int].self) {
      self.init(sides)
    } else {
      self.init(try value.decode(Int.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    if sides.count == 1 { try value.encode(sides[0]) } else { try value.encode(sides) }
  }
}

extension SettingCheck {
  /// What every patch needs: one side for all axes or one for each of two or three, all positive.
  func patch(_ field: String, _ size: PatchSize) throws(PretrainingError) {
    try require(
      (1...3).contains(size.sides.count) && size.sides.allSatisfy { $0 >= 1 }, field, size,
      size.sides.count == 1 ? "must be at least 1" : "must be two or three sides of at least 1")
  }

  /// The sides of a patch for an encoder, which must be multiples of what it halves.
  func patch(
    _ field: String, _ size: PatchSize, for encoder: EncoderDescription
  ) throws(PretrainingError) -> [Int] {
    guard let sides = size.sides(axes: encoder.spatialAxes) else {
      throw .badSetting(
        method: method, field: field, value: "\(size)",
        reason: "the encoder takes \(encoder.spatialAxes) axes, not \(size.sides.count)")
    }
    for (axis, multiple) in encoder.sizeMultiple.enumerated() {
      try require(
        sides[axis] % multiple == 0, field, size, "must be a multiple of \(multiple) along axis \(axis)")
    }
    return sides
  }
}
