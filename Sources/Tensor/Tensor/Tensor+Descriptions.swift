extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements as nested lists; axes longer than eight show their ends only.
  public var description: String {
    withUnsafeBufferPointer { elements in
      Self.describe(elements, lengths: shape.dimensions[...], start: 0, depth: 0)
    }
  }

  /// Scalar type and shape, then the elements.
  public var debugDescription: String { "Tensor<\(Scalar.scalarName)> \(shape)\n\(description)" }

  private static func describe(
    _ elements: UnsafeBufferPointer<Scalar>, lengths: ArraySlice<Int>, start: Int, depth: Int
  ) -> String {
    guard let length = lengths.first else { return "\(elements[start])" }
    let inner = lengths.dropFirst()
    let step = inner.reduce(1, *)
    let shown = length <= 8 ? Array(0..<length) : [0, 1, 2, -1, length - 3, length - 2, length - 1]
    let parts = shown.map { index in
      index < 0
        ? "..." : describe(elements, lengths: inner, start: start + index * step, depth: depth + 1)
    }
    let separator = inner.isEmpty ? ", " : ",\n" + String(repeating: " ", count: depth + 1)
    return "[" + parts.joined(separator: separator) + "]"
  }
}
