public import Tensor

/// Why a SuperCL loss or pre-training could not be computed.
public enum SuperCLError: Error, Equatable, CustomStringConvertible {
  /// The superpixel map, at the size it came in, cannot be sampled to the size of the feature map.
  case superpixelMapDoesNotFit(map: TensorShape, features: TensorShape)
  /// A value of the configuration is out of range.
  case badConfiguration(field: String, value: String, reason: String)
  /// The images cannot be trained on.
  case badImages(String)
  /// A term of the loss needs views, of this kind, that were not made.
  case missingViews(String)

  public var description: String {
    switch self {
    case .superpixelMapDoesNotFit(let map, let features):
      "a superpixel map of shape \(map) does not fit a feature map of shape \(features)"
    case .badConfiguration(let field, let value, let reason): "\(field) = \(value): \(reason)"
    case .badImages(let what): what
    case .missingViews(let kind): "a term of the loss needs \(kind) views, which are not there"
    }
  }
}
