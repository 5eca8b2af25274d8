/// A type that a ``Tensor`` can hold: a number or a Boolean of fixed size, copied by its bits.
///
/// `Float` trains, `Double` checks, the integers and `Bool` store labels, indices and masks.
public protocol TensorScalar: BitwiseCopyable, Hashable, Sendable {
  /// The name in NumPy's and safetensors' spirit, for example `float32`; used in messages and files.
  static var scalarName: String { get }
  /// The value of cleared memory: zero or `false`.
  static var zeroValue: Self { get }
}

/// A ``TensorScalar`` one can compute with.
public protocol TensorNumericScalar: TensorScalar, Numeric, Comparable {
  /// The nearest value of this type; integers truncate toward zero and clamp to their range, and NaN
  /// becomes 0 in them.
  init(converting value: Double)
  /// This value in double precision (64-bit integers beyond 2^53 are rounded).
  var doubleValue: Double { get }
}

/// A ``TensorScalar`` with a floating point: `Float` or `Double`, the scalars that gradients exist for.
public protocol TensorFloatingPointScalar: TensorNumericScalar, BinaryFloatingPoint {}

/// An integer ``TensorScalar``.
public protocol TensorIntegerScalar: TensorNumericScalar, FixedWidthInteger {}

extension TensorNumericScalar {
  public static var zeroValue: Self { .zero }
}

extension TensorFloatingPointScalar {
  public init(converting value: Double) { self.init(value) }
  public var doubleValue: Double { Double(self) }
}

extension TensorIntegerScalar {
  public init(converting value: Double) {
    if value.isNaN {
      self = 0
    } else if value <= Double(Self.min) {
      self = .min
    } else if value >= Double(Self.max) {
      self = .max
    } else {
      self = Self(value)
    }
  }
  public var doubleValue: Double { Double(self) }
}

extension Float: TensorFloatingPointScalar {
  public static var scalarName: String { "float32" }
}
extension Double: TensorFloatingPointScalar {
  public static var scalarName: String { "float64" }
}
extension Int8: TensorIntegerScalar {
  public static var scalarName: String { "int8" }
}
extension Int16: TensorIntegerScalar {
  public static var scalarName: String { "int16" }
}
extension Int32: TensorIntegerScalar {
  public static var scalarName: String { "int32" }
}
extension Int64: TensorIntegerScalar {
  public static var scalarName: String { "int64" }
}
extension UInt8: TensorIntegerScalar {
  public static var scalarName: String { "uint8" }
}
extension UInt16: TensorIntegerScalar {
  public static var scalarName: String { "uint16" }
}
extension UInt32: TensorIntegerScalar {
  public static var scalarName: String { "uint32" }
}
extension UInt64: TensorIntegerScalar {
  public static var scalarName: String { "uint64" }
}
extension Bool: TensorScalar {
  public static var scalarName: String { "bool" }
  public static var zeroValue: Bool { false }
}
