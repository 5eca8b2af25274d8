public import Autograd
public import Tensor

/// DiRA's two losses: a generator tells images apart, restores the undistorted image and passes for real; a discriminator tells
/// restored images from real ones.
///
///     L_G = w1 L_contrast + w2 mean (r - x)^2 + w3 mean (D(r) - 1)^2
///     L_D = 1/2 [ mean (D(x) - 1)^2 + mean D(stopped r)^2 ]
///
/// with the restored image r, the original x and the discriminator's map D; means run over all pixels. There is no denominator
/// but that of `L_contrast`, a loss of its own. Least squares: D is a score without sigmoid, 1 for real. Without pixels a mean
/// is 0. Both have a scale: values beyond the root of the largest number (about 1e19 in 32 bits) cost infinity, and the loop
/// refuses the step.
///
/// Sources: Haghighi et al., CVPR 2022, equations 2...5, and its released code; Mao et al., ICCV 2017 (least squares).
public struct RestorationLoss: Sendable, Hashable, Codable {
  /// w1, of the contrastive loss: 1.
  public var contrastiveWeight: Double
  /// w2, of the squared error: 10.
  public var restorationWeight: Double
  /// w3, of the adversarial loss: .001.
  public var adversarialWeight: Double

  /// Losses with these weights.
  public init(
    contrastiveWeight: Double = 1, restorationWeight: Double = 10, adversarialWeight: Double = 0.001
  ) {
    self.contrastiveWeight = contrastiveWeight
    self.restorationWeight = restorationWeight
    self.adversarialWeight = adversarialWeight
  }

  /// L_G, and its second and third term before their weights.
  ///
  /// - Parameters:
  ///   - contrast: The contrastive loss.
  ///   - restored: r, of any shape.
  ///   - original: x, of the same shape.
  ///   - judged: D(r); `nil` for a training without a discriminator, whose third term is 0.
  public func generator<Scalar: TensorFloatingPointScalar>(
    contrast: Variable<Scalar>, restored: Variable<Scalar>, original: Tensor<Scalar>,
    judged: Variable<Scalar>?
  ) -> (loss: Variable<Scalar>, error: Variable<Scalar>, adversarial: Variable<Scalar>?) {
    shapePrecondition(
      restored.shape == original.shape,
      "a restored image of shape \(restored.shape) is not compared with one of \(original.shape)")
    let error = meanSquare(restored - Variable(original))
    let adversarial = judged.map { meanSquare($0 - 1) }
    var loss = contrast * Scalar(contrastiveWeight) + error * Scalar(restorationWeight)
    if let adversarial { loss = loss + adversarial * Scalar(adversarialWeight) }
    return (loss, error, adversarial)
  }

  /// L_D of the discriminator's maps of real images, D(x), and of restored ones, D(stopped r): pass it `restored.detached()`.
  public func discriminator<Scalar: TensorFloatingPointScalar>(
    real: Variable<Scalar>, restored: Variable<Scalar>
  ) -> Variable<Scalar> {
    (meanSquare(real - 1) + meanSquare(restored)) * Scalar(0.5)
  }

  /// 0 without elements, where a mean is 0 / 0.
  private func meanSquare<Scalar>(_ values: Variable<Scalar>) -> Variable<Scalar> {
    values.shape.elementCount == 0 ? values.sum() * 0 : values.squared().mean()
  }
}
