import Autograd
import Contrastive
import RunKit
import Tensor

/// What ILCP takes beside its features, forward and backward, for one image.
package struct MemoryRun: ExperimentRun {
  package static let kind = "memory"

  /// Pixels along a side of the feature map.
  package let side: Int
  package let channels: Int
  package let stride: Int

  package struct Result: Codable, Sendable {
    /// Rows that are compared: both views' sampled pixels.
    package let rows: Int
    /// The most that tensors held above features and their gradients, in MiB.
    package let peakMiB: Double
    package let seconds: Double
  }

  /// Compares random features, with a regular grid of 100 cells for superpixels.
  func result() throws -> Result {
    var generator = RandomKey(seed: 1).stream(for: "memory of ILCP").generator
    let shape: TensorShape = [1, side, side, channels]
    let views = (0..<2).map { _ in
      Variable(
        Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: shape, using: &generator),
        requiresGradient: true)
    }
    let labels = Tensor<Int32>(shape: [1, side, side]) { target in
      for index in target.indices {
        target[index] = Int32(index / side * 10 / side * 10 + index % side * 10 / side)
      }
    }
    let loss = IntraImageContrastiveLoss(sampling: .flat(stride: stride))
    // Once to fill what operators share.
    try loss(views[0], views[1], superpixels: labels).backward()
    for view in views { view.gradient = nil }
    let clock = ContinuousClock.now
    let held = TensorMemory.activeBytes
    TensorMemory.resetPeak()
    try loss(views[0], views[1], superpixels: labels).backward()
    let features = 2 * shape.elementCount * MemoryLayout<Float>.size
    return Result(
      rows: 2 * ((side * side + stride - 1) / stride),
      peakMiB: Double(max(0, TensorMemory.peakBytes - held - features)) / 1_048_576,
      seconds: (ContinuousClock.now - clock) / .seconds(1))
  }
}
