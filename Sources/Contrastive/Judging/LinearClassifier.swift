public import Tensor

/// One linear layer on frozen features, as a ``LinearProbe`` trained it: `y = ((x - m) s) W + b`, with mean m and scale s of
/// each feature where they were standardised. On maps it is a 1 x 1 convolution.
public struct LinearClassifier<Scalar: TensorFloatingPointScalar>: Sendable, Hashable {
  /// `[d, classCount]`.
  public let weight: Tensor<Scalar>
  /// `[classCount]`.
  public let bias: Tensor<Scalar>
  private let standard: FeatureStandard<Scalar>

  init(weight: Tensor<Scalar>, bias: Tensor<Scalar>, standard: FeatureStandard<Scalar>) {
    self.weight = weight
    self.bias = bias
    self.standard = standard
  }

  /// The scores of the classes: `[..., d]` to `[..., classCount]`.
  ///
  /// - Throws: ``FeatureError/Code/featuresAreNotFinite(count:)``.
  public func scores(of features: Tensor<Scalar>) throws(FeatureError) -> Tensor<Scalar> {
    shapePrecondition(
      features.rank >= 1 && features.shape[-1] == weight.shape[0],
      "features of shape \(features.shape) do not fit a layer of \(weight.shape[0]) features")
    try features.requireFiniteFeatures()
    let count = features.shape.dimensions.dropLast().reduce(1, *)
    let rows = standard.applied(to: features.reshaped([count, weight.shape[0]]))
    return (rows.matmul(weight) + bias).reshaped(features.shape.replacing(axis: -1, with: weight.shape[1]))
  }

  /// The class with the highest score, the lowest of equal ones: `[..., d]` to `[...]`.
  public func predictedLabels(_ features: Tensor<Scalar>) throws(FeatureError) -> Tensor<Int32> {
    try scores(of: features).argmax(along: -1)
  }

  /// Labels at the size of the images: the scores of maps `[N, spatial..., d]` are enlarged linearly before the highest is
  /// taken, as in a segmentation network.
  ///
  /// `size`: the lengths of the spatial axes.
  public func predictedLabels(_ maps: Tensor<Scalar>, size: [Int]) throws(FeatureError) -> Tensor<Int32> {
    try scores(of: maps).resized(to: size).argmax(along: -1)
  }

  /// The share of rows `[..., d]` whose predicted label is that of the reference `[...]`, but for those that the reference
  /// ignores; NaN where there are none.
  public func accuracy(
    on features: Tensor<Scalar>, labels: Tensor<Int32>, ignoring ignored: Int32? = nil
  ) throws(FeatureError) -> Double {
    try predictedLabels(features).agreement(with: labels, ignoring: ignored)
  }
}

/// Mean and scale of every feature; nothing where features are taken as they are.
struct FeatureStandard<Scalar: TensorFloatingPointScalar>: Sendable, Hashable {
  private let moments: Moments?

  private struct Moments: Sendable, Hashable {
    let mean: Tensor<Scalar>
    let scale: Tensor<Scalar>
  }

  /// Those of training rows `[n, d]`, n at least 1: the biased deviation, as scikit-learn's StandardScaler.
  init(_ rows: Tensor<Scalar>, _ standardization: LinearProbe.Standardization) {
    guard standardization == .features else {
      moments = nil
      return
    }
    let deviation = rows.centeredColumns().squared().mean(along: 0).sqrt()
    moments = Moments(
      mean: rows.mean(along: 0), scale: deviation.reciprocal().replacing(with: 0, where: deviation .== 0))
  }

  func applied(to rows: Tensor<Scalar>) -> Tensor<Scalar> {
    moments.map { (rows - $0.mean) * $0.scale } ?? rows
  }
}
