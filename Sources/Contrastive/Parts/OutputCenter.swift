public import NN
public import Tensor

/// The slow mean of a teacher's outputs, which is taken from them before their softmax: no output then wins for all images.
///
///     center = m center + (1 - m) mean of the rows
///
/// It moves behind the loss that used it. It is saved with the learner that lists it, and takes no gradient.
///
/// Source: Caron et al., ICCV 2021 (DINO), equation 4.
public final class OutputCenter<Scalar: TensorFloatingPointScalar>: Module {
  /// The center `[K]`, zeros at first.
  public let mean: ModuleBuffer<Scalar>

  /// A center of K outputs.
  public init(outputs: Int) { mean = ModuleBuffer(Tensor(zeros: [outputs])) }

  public var members: [ModuleMember<Scalar>] { [.buffer("mean", mean)] }

  /// `softmax((y - center) / T)` of outputs y `[N, K]`: codes that sum to 1, without gradient.
  ///
  /// - Precondition: a positive temperature T.
  public func codes(of outputs: Tensor<Scalar>, temperature: Double) -> Tensor<Scalar> {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    return ((outputs - mean.value) / Scalar(temperature)).softmax(along: 1)
  }

  /// Moves towards the mean of rows `[N, K]`; no rows move nothing.
  public func move(towards rows: Tensor<Scalar>, momentum: Double) {
    guard rows.shape[0] > 0 else { return }
    mean.value = mean.value * Scalar(momentum) + rows.mean(along: 0) * Scalar(1 - momentum)
  }
}
