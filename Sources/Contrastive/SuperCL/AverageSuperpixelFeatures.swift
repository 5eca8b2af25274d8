public import Tensor

/// ASP, average superpixel features: one vector of equal length for every image.
///
/// With the channel mean `Ym` of the features, each superpixel k of n_k pixels gets the value
/// `a_k = (1 / (h w)) sum over x in k of Ym(x)`, and the image's vector is `a` put back at every pixel, row-major. The
/// divisor is the whole map's h w (the released code) or n_k (a mean over the region, a named variant). No gradient flows.
///
/// Source: arXiv 2504.14737, IGCP.
public struct AverageSuperpixelFeatures: Sendable, Hashable, Codable {
  /// What the sum over a superpixel is divided by.
  public enum Divisor: String, Sendable, Codable {
    /// All pixels of the map: the released code's.
    case map
    /// The pixels of the superpixel.
    case region
  }

  /// What the sum over a superpixel is divided by: the pixels of the map.
  public var divisor: Divisor

  /// ASP with the given divisor.
  public init(divisor: Divisor = .map) { self.divisor = divisor }

  /// The vectors `[B, h w]` of features `[B, h, w, C]` with superpixels `[B, h, w]`.
  ///
  /// - Throws: ``PretrainingError/Code/superpixelMapDoesNotFit(map:features:)``.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ features: Tensor<Scalar>, superpixels: Tensor<Int32>
  ) throws(PretrainingError) -> Tensor<Scalar> {
    guard features.rank >= 2, superpixels.shape == features.shape.removing(axis: -1) else {
      throw PretrainingError(.superpixelMapDoesNotFit(map: superpixels.shape, features: features.shape))
    }
    let batch = features.shape[0]
    let means = features.mean(along: -1).reshaped([batch, -1])
    let pixels = means.shape[1]
    return means.withUnsafeBufferPointer { means in
      superpixels.withUnsafeBufferPointer { labels in
        Tensor(shape: [batch, pixels]) { result in
          for image in 0..<batch {
            let range = image * pixels..<(image + 1) * pixels
            var sums: [Int32: (sum: Scalar, count: Int)] = [:]
            for index in range {
              sums[labels[index], default: (0, 0)].sum += means[index]
              sums[labels[index], default: (0, 0)].count += 1
            }
            for index in range {
              let (sum, count) = sums[labels[index]] ?? (0, 1)
              result[index] = sum / Scalar(divisor == .map ? pixels : count)
            }
          }
        }
      }
    }
  }
}
