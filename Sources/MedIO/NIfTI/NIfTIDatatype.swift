/// How a file stores its voxels: NIfTI's `datatype` codes.
public enum NIfTIDatatype: Int, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  case uint8 = 2
  case int16 = 4
  case int32 = 8
  case float32 = 16
  /// Two 32-bit floats: real and imaginary part.
  case complex64 = 32
  case float64 = 64
  /// Three bytes: red, green, blue.
  case rgb24 = 128
  case int8 = 256
  case uint16 = 512
  case uint32 = 768
  case int64 = 1024
  case uint64 = 1280
  /// Two 64-bit floats.
  case complex128 = 1792
  /// Four bytes: red, green, blue, alpha.
  case rgba32 = 2304

  /// The number of values per voxel.
  public var componentCount: Int {
    switch self {
    case .rgb24: 3
    case .rgba32: 4
    case .complex64, .complex128: 2
    default: 1
    }
  }

  /// Bytes per voxel; eight times this is `bitpix`.
  public var byteCount: Int { component.byteCount * componentCount }

  /// The type of one component.
  var component: ScalarKind {
    switch self {
    case .uint8, .rgb24, .rgba32: .uint8
    case .int8: .int8
    case .int16: .int16
    case .uint16: .uint16
    case .int32: .int32
    case .uint32: .uint32
    case .int64: .int64
    case .uint64: .uint64
    case .float32, .complex64: .float32
    case .float64, .complex128: .float64
    }
  }

  public var description: String {
    switch self {
    case .rgb24: "rgb24"
    case .rgba32: "rgba32"
    case .complex64: "complex64"
    case .complex128: "complex128"
    default: component.rawValue
    }
  }

  /// What the standard calls the codes that this library refuses, for messages.
  static func refusedName(of code: Int) -> String {
    switch code {
    case 0: "unknown"
    case 1: "1-bit binary"
    case 1536: "float128"
    case 2048: "complex256"
    default: "no code of the standard"
    }
  }
}
