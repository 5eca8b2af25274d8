public import Tensor

/// The temperature of a contrastive loss, and the factor in front of it.
///
/// Similarities are cosines divided by ``temperature``. The released code of SuperCL multiplies the loss by
/// `temperature / baseTemperature` (.1 / .07); the paper's equation most likely has no such factor: `nil` drops it.
public struct ContrastiveTemperature<Scalar: TensorFloatingPointScalar>: Sendable, Equatable {
  /// T: .1 in SuperCL.
  public var temperature: Scalar
  /// T0: .07 in SuperCL's code; `nil` for no factor.
  public var baseTemperature: Scalar?

  /// - Precondition: both are positive.
  public init(_ temperature: Scalar = 0.1, base baseTemperature: Scalar? = 0.07) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    shapePrecondition(baseTemperature.map { $0 > 0 } ?? true, "a base temperature is positive")
    self.temperature = temperature
    self.baseTemperature = baseTemperature
  }

  /// The factor in front of the loss: T / T0, or 1.
  public var factor: Scalar { baseTemperature.map { temperature / $0 } ?? 1 }
}
