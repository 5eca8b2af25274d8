/// The lengths of a tensor's axes, outermost first; row-major, so the last axis is contiguous.
///
/// `[8, 128, 128, 1]` is a batch of eight images in the layout `[N, H, W, C]`; `[]` is a scalar.
public struct TensorShape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The lengths, outermost axis first.
  public let dimensions: [Int]
  /// The product of the lengths: 1 for a scalar, 0 when any length is 0.
  public let elementCount: Int

  /// - Precondition: no length is negative and their product fits `Int`.
  public init(_ dimensions: [Int]) {
    var product = 1
    for length in dimensions {
      shapePrecondition(length >= 0, "a tensor's shape has no negative lengths: \(dimensions)")
      let (value, overflow) = product.multipliedReportingOverflow(by: length)
      shapePrecondition(!overflow, "a tensor of shape \(dimensions) has more elements than Int can count")
      product = value
    }
    self.dimensions = dimensions
    elementCount = product
  }

  /// A shape from its lengths, outermost first.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The length of an axis; negative axes count from the last, so `shape[-1]` is the innermost length.
  public subscript(axis: Int) -> Int { dimensions[normalized(axis: axis)] }

  /// `axis` counted from the first axis, for an axis that may be given from the last (-1).
  ///
  /// - Precondition: `-rank <= axis < rank`.
  public func normalized(axis: Int) -> Int {
    shapePrecondition(
      axis >= -rank && axis < rank, "axis \(axis) does not exist in a tensor of shape \(self)")
    return axis < 0 ? axis + rank : axis
  }

  /// The distance in elements between neighbours along each axis.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }

  /// The shape with `axis` taken out.
  public func removing(axis: Int) -> TensorShape {
    var lengths = dimensions
    lengths.remove(at: normalized(axis: axis))
    return TensorShape(lengths)
  }

  /// The shape with the length of `axis` replaced.
  public func replacing(axis: Int, with length: Int) -> TensorShape {
    var lengths = dimensions
    lengths[normalized(axis: axis)] = length
    return TensorShape(lengths)
  }

  /// The shape with `length` put in front of `axis` (which may equal the rank).
  ///
  /// - Precondition: `-rank - 1 <= axis <= rank`.
  public func inserting(_ length: Int, at axis: Int) -> TensorShape {
    var lengths = dimensions
    lengths.insert(length, at: normalized(insertionAxis: axis))
    return TensorShape(lengths)
  }

  /// The shape that two operands broadcast to by NumPy's rule, or `nil` when they do not fit: aligned at
  /// the last axis, lengths must be equal or 1.
  public func broadcast(with other: TensorShape) -> TensorShape? {
    if self == other { return self }
    let rank = max(self.rank, other.rank)
    var lengths = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let a = axis - (rank - self.rank)
      let b = axis - (rank - other.rank)
      let left = a < 0 ? 1 : dimensions[a]
      let right = b < 0 ? 1 : other.dimensions[b]
      guard left == right || left == 1 || right == 1 else { return nil }
      lengths[axis] = left == 1 ? right : left
    }
    return TensorShape(lengths)
  }

  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }

  public static func == (a: TensorShape, b: TensorShape) -> Bool { a.dimensions == b.dimensions }
  public func hash(into hasher: inout Hasher) { hasher.combine(dimensions) }
}
