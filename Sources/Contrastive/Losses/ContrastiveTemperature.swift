import Tensor

/// The temperature of a contrastive loss, and the factor in front of it.
///
/// Similarities are cosines divided by ``temperature``. The released code of SuperCL multiplies the loss by
/// `temperature / baseTemperature` (.1 / .07); the paper's equation most likely has no such factor: `nil` drops it.
public struct ContrastiveTemperature: Sendable, Hashable, Codable {
  /// T: .1 in SuperCL.
  public var temperature: Double
  /// T0: .07 in SuperCL's code; `nil` for no factor.
  public var baseTemperature: Double?

  /// - Precondition: both are positive.
  public init(_ temperature: Double = 0.1, base baseTemperature: Double? = 0.07) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    shapePrecondition(baseTemperature.map { $0 > 0 } ?? true, "a base temperature is positive")
    self.temperature = temperature
    self.baseTemperature = baseTemperature
  }

  /// The factor in front of the loss: T / T0, or 1.
  public var factor: Double { baseTemperature.map { temperature / $0 } ?? 1 }

  /// The factor as the type of the rows computes it.
  func factor<Scalar: TensorFloatingPointScalar>(as type: Scalar.Type) -> Scalar {
    baseTemperature.map { Scalar(temperature) / Scalar($0) } ?? 1
  }
}
