public import Tensor

/// How one channel of a pixel is stored in memory.
public enum PixelFormat: Int32, Hashable, Sendable {
  case uint8 = 0
  case int8
  case uint16
  case int16
  case int32
  case float32
  case float64

  /// The bytes of one value.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .uint16, .int16: 2
    case .int32, .float32: 4
    case .float64: 8
    }
  }
}

/// A scalar that an image to segment may have: the 8- and 16-bit integers, `Int32`, `Float` and `Double`.
///
/// The superpixels of an image do not depend on its scalar: intensities are rescaled first. Do not conform
/// further types: the format must be the type's own memory layout.
public protocol PixelScalar: TensorNumericScalar {
  /// How this type is stored.
  static var pixelFormat: PixelFormat { get }
}

extension UInt8: PixelScalar {
  public static var pixelFormat: PixelFormat { .uint8 }
}
extension Int8: PixelScalar {
  public static var pixelFormat: PixelFormat { .int8 }
}
extension UInt16: PixelScalar {
  public static var pixelFormat: PixelFormat { .uint16 }
}
extension Int16: PixelScalar {
  public static var pixelFormat: PixelFormat { .int16 }
}
extension Int32: PixelScalar {
  public static var pixelFormat: PixelFormat { .int32 }
}
extension Float: PixelScalar {
  public static var pixelFormat: PixelFormat { .float32 }
}
extension Double: PixelScalar {
  public static var pixelFormat: PixelFormat { .float64 }
}
