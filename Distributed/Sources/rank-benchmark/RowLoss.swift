import Autograd
import Contrastive
import Tensor

/// The loss that compares all rows with all, by itself.
enum RowLoss {
  /// Seconds of its forward and backward pass for so many rows.
  static func seconds(rows: Int, features: Int) -> Double {
    var generator = PhiloxGenerator(seed: 9)
    let values = Tensor<Float>(
      normalWithMean: 0, standardDeviation: 1, shape: [rows, features], using: &generator)
    let labels = Tensor<Int32>((0..<rows).map { Int32($0 % (rows / 2)) })
    let loss = SupervisedContrastiveLoss()
    let times = (0..<5).map { _ -> Double in
      let start = ContinuousClock.now
      loss(Variable(values, requiresGradient: true), labels: labels).backward()
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return median(times)
  }
}
