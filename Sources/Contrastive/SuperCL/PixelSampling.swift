import Autograd
import Tensor

/// Which pixels of a feature map take part in ILCP.
public enum PixelSampling: Sendable, Hashable, Codable {
  /// Every stride-th pixel of the row-major order, as the released code, whose script has 16; 1 takes all.
  case flat(stride: Int)
  /// Every stride-th pixel along each axis.
  case grid(stride: Int)

  var stride: Int {
    switch self {
    case .flat(let stride), .grid(let stride): stride
    }
  }

  /// `[B, h, w, C]` to the sampled rows `[B, n, C]`.
  func rows<Scalar>(of features: Variable<Scalar>) -> Variable<Scalar> {
    shapePrecondition(stride >= 1, "a pixel stride is at least 1, not \(stride)")
    let (batch, channels) = (features.shape[0], features.shape[-1])
    guard stride > 1 else { return features.reshaped([batch, -1, channels]) }
    switch self {
    case .flat: return features.reshaped([batch, -1, channels]).sliced(along: 1, 0..., step: stride)
    case .grid:
      let spatial = 1..<features.shape.rank - 1
      return spatial.reduce(features) { $0.sliced(along: $1, 0..., step: stride) }.reshaped([
        batch, -1, channels,
      ])
    }
  }

  /// Labels `[B, h, w]` to the sampled labels `[B, n]`.
  func pixels(of labels: Tensor<Int32>) -> Tensor<Int32> {
    let batch = labels.shape[0]
    guard stride > 1 else { return labels.reshaped([batch, -1]) }
    switch self {
    case .flat: return labels.reshaped([batch, -1]).sliced(along: 1, 0..., step: stride)
    case .grid:
      return (1..<labels.rank).reduce(labels) { $0.sliced(along: $1, 0..., step: stride) }.reshaped([
        batch, -1,
      ])
    }
  }
}

/// Over which pixels ILCP's denominator runs.
public enum PixelScope: String, Sendable, Codable {
  /// The pixels of the same image: one loss per image, then the mean (the released code's).
  case image
  /// The pixels of all images in one loss; superpixels of different images are never positives.
  case batch
}
