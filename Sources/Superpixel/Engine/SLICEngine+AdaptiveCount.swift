import Tensor

extension SLICEngine {
  /// Merges the `count` dense labels until the image's own noise is reached; returns the number left.
  func mergeAdaptively(_ adaptive: AdaptiveCount, count: Int) -> Int {
    let spatial = view.depth == nil ? [height, width] : [depth, height, width]
    let labels = LabelMap(
      Tensor(UnsafeBufferPointer(start: self.labels, count: view.pixelCount), shape: TensorShape(spatial)))
    let image = Tensor<Float>(shape: TensorShape(spatial + [channels])) { out in
      for row in 0..<rowCount {
        for channel in 0..<channels {
          let values = features + channel * featurePlane + row * featureRow
          for x in 0..<width { out[(row * width + x) * channels + channel] = values[x] }
        }
      }
    }
    let statistics = SegmentStatistics(of: labels, image: image)
    let adjacency = RegionAdjacency(of: labels, statistics: statistics)
    let tree = MergeTree(adjacency: adjacency, statistics: statistics)
    let table = tree.labels(threshold: adaptive.tolerance * noise(statistics))
    var merged = labels.mapped(table)
    if adaptive.minimumSize > 1 {
      merged = merged.merged(on: image, until: .minimumSize(adaptive.minimumSize))
    }
    merged.labels.withUnsafeBufferPointer { merged in
      for index in merged.indices { self.labels[index] = merged[index] }
    }
    return merged.labelBound
  }

  /// The median over the segments of the variance inside (summed over channels), at least that of rounding a
  /// range of 100 to bytes.
  private func noise(_ statistics: SegmentStatistics) -> Double {
    let variances = (0..<statistics.count).map { statistics.variance(of: $0).reduce(0, +) }.sorted()
    let step = (colorConversion == .unit ? 1.0 : 100.0) / 255
    return max(variances.isEmpty ? 0 : variances[variances.count / 2], step * step / 12)
  }
}
