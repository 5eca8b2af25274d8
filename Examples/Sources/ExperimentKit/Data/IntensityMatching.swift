package import Contrastive
import Tensor

/// How the intensities of images from another modality are brought to those of the images that are segmented, before
/// pre-training sees them.
public enum IntensityMatching: String, Codable, Hashable, Sendable, CaseIterable {
  /// Not at all: each set has its own window onto 0...1.
  case asRead
  /// 1 - x inside the body: dark tissue bright. Zeros, which are air and padding, stay.
  case inverted
  /// The ranks of all intensities above 0 take the intensities that have these ranks among the training images of the other set.
  case histogram
}

/// A change of intensities, from images without labels alone.
package struct IntensityMatch {
  let matching: IntensityMatching
  /// Quantiles above 0 of what is mapped, and of what it is mapped to.
  private let source: [Float]
  private let target: [Float]

  /// Quantiles that a histogram is known by.
  private static let count = 257

  package init(_ matching: IntensityMatching, from source: [PretrainingImage], to target: [PretrainingImage])
  {
    self.matching = matching
    let isNeeded = matching == .histogram
    self.source = isNeeded ? Self.quantiles(source) : []
    self.target = isNeeded ? Self.quantiles(target) : []
  }

  package func callAsFunction(_ image: PretrainingImage) -> PretrainingImage {
    guard matching != .asRead else { return image }
    var image = image
    image.image = mapped(image.image)
    image.neighbors = image.neighbors.map(mapped)
    return image
  }

  private func mapped(_ image: Tensor<Float>) -> Tensor<Float> {
    Tensor(image.scalars.map { $0 > 0 ? value($0) : $0 }, shape: image.shape)
  }

  private func value(_ value: Float) -> Float {
    guard matching == .histogram else { return 1 - value }
    guard let last = source.last, let least = source.first, !target.isEmpty else { return value }
    guard value > least else { return target[0] }
    guard value < last else { return target[target.count - 1] }
    // The first quantile above the value.
    var (low, high) = (0, source.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if source[middle] <= value { low = middle } else { high = middle }
    }
    let width = source[high] - source[low]
    let share = width > 0 ? (value - source[low]) / width : 0
    return target[low] + share * (target[high] - target[low])
  }

  private static func quantiles(_ images: [PretrainingImage]) -> [Float] {
    let values = images.flatMap { $0.image.scalars.filter { $0 > 0 } }.sorted()
    guard !values.isEmpty else { return [] }
    return (0..<count).map { values[$0 * (values.count - 1) / (count - 1)] }
  }
}
