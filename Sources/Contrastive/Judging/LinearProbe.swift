import Autograd
import Foundation
public import NN
public import Tensor

/// A linear probe: one linear layer trained on frozen features, whose accuracy says how well classes are told apart by a
/// plane.
///
///     let features = try encoder.pooledFeatures(of: images)
///     let classifier = try LinearProbe.simSiam.fit(features, labels: labels, classCount: 4)
///     try classifier.accuracy(on: testFeatures, labels: testLabels)
///
/// Weights begin normal with a deviation of .01 and biases at 0; the loss is cross-entropy. Features are taken once, so that
/// augmentation, with which the papers train their probes, has no place here, and the encoder cannot change.
///
/// The papers' rates differ 30,000-fold because their features have different scales. Where yours come from another encoder,
/// standardise them, and search the rate on validation data: ``searchingRate(_:training:validation:classCount:)``.
///
/// For pixels the layer is a 1 x 1 convolution on maps: fit it on ``PixelFeatures``.
///
/// Sources: the released evaluation code of each method; see the presets. The value is its numbers; equal values with equal
/// features give equal bits.
public struct LinearProbe: Sendable, Hashable, Codable {
  /// The learning rate at the start.
  public enum Rate: Sendable, Hashable, Codable {
    /// The number itself.
    case fixed(Double)
    /// The number times B / 256 for batches of B rows.
    case per256Rows(Double)
  }

  /// How the rate falls.
  public enum Decline: Sendable, Hashable, Codable {
    /// It stays.
    case none
    /// It is multiplied by a factor at the beginning of each of the epochs, counted from 0.
    case steps(factor: Double, epochs: [Int])
    /// A cosine to 0, lowered once an epoch.
    case cosineByEpoch
    /// A cosine to 0, lowered with every step.
    case cosineByStep
  }

  /// What features are brought to before the layer.
  public enum Standardization: String, Sendable, Hashable, Codable {
    /// Nothing: they are taken as they are.
    case none
    /// Each feature to mean 0 and variance 1 over the training rows; one that does not vary there is left out.
    case features
  }

  /// The rule: SGD with momentum .9.
  public var rule: OptimizerRule
  /// The rate at the start.
  public var rate: Rate
  /// Decay of weights and biases: 0; what it does is the rule's matter.
  public var weightDecay: Double
  /// Passes over the rows: 100.
  public var epochs: Int
  /// Rows of a step: 256; all there are, if those are fewer.
  public var batchSize: Int
  /// How the rate falls: a cosine, once an epoch.
  public var decline: Decline
  /// What features are brought to: nothing.
  public var standardization: Standardization
  /// The seed of weights and order: 1234.
  public var seed: UInt64

  /// A probe.
  public init(
    rule: OptimizerRule = .sgd(), rate: Rate, weightDecay: Double = 0, epochs: Int = 100,
    batchSize: Int = 256,
    decline: Decline = .cosineByEpoch, standardization: Standardization = .none, seed: UInt64 = 1234
  ) {
    self.rule = rule
    self.rate = rate
    self.weightDecay = weightDecay
    self.epochs = epochs
    self.batchSize = batchSize
    self.decline = decline
    self.standardization = standardization
    self.seed = seed
  }

  /// Trains the layer.
  ///
  /// - Parameters:
  ///   - features: `[..., d]`, of any axes before the features.
  ///   - labels: Their classes, `[...]`.
  ///   - classCount: The classes are `0..<classCount`.
  ///   - ignoredLabel: Rows of this label take no part.
  /// - Throws: ``FeatureError``: no rows, values that are not finite, a label that is no class, a training that diverges.
  /// - Precondition: positive epochs and batch size.
  public func fit<Scalar: TensorFloatingPointScalar>(
    _ features: Tensor<Scalar>, labels: Tensor<Int32>, classCount: Int, ignoredLabel: Int32? = nil
  ) throws(FeatureError) -> LinearClassifier<Scalar> {
    shapePrecondition(
      features.rank >= 1 && labels.shape == features.shape.removing(axis: -1),
      "labels of shape \(labels.shape) do not fit features of shape \(features.shape)")
    shapePrecondition(
      epochs >= 1 && batchSize >= 1, "epochs and rows of a step are positive, not \(epochs), \(batchSize)")
    try features.requireFiniteFeatures()
    try labels.requireClasses(below: classCount, ignoring: ignoredLabel)
    var (rows, classes) = (
      features.reshaped([labels.elementCount, features.shape[-1]]), labels.flattened()
    )
    if let ignoredLabel {
      let kept = (classes .!= ignoredLabel).trueOffsets()
      (rows, classes) = (rows.gathered(at: kept), classes.gathered(at: kept))
    }
    guard rows.shape[0] > 0 else { throw FeatureError(.noFeatures) }
    let standard = FeatureStandard(rows, standardization)
    let layer = try train(standard.applied(to: rows), classes, classCount: classCount)
    return LinearClassifier(
      weight: layer.weight.value, bias: layer.bias?.value ?? Tensor(zeros: [classCount]), standard: standard)
  }

  private func train<Scalar: TensorFloatingPointScalar>(
    _ rows: Tensor<Scalar>, _ labels: Tensor<Int32>, classCount: Int
  ) throws(FeatureError) -> Linear<Scalar> {
    let key = RandomKey(seed: seed)
    var weights = key.stream(for: .linearProbe).generator
    let layer = Linear<Scalar>(
      weight: Tensor(
        normalWithMean: 0, standardDeviation: 0.01, shape: [rows.shape[1], classCount], using: &weights),
      bias: Tensor(zeros: [classCount]))
    let count = rows.shape[0]
    let size = min(batchSize, count)
    let stepsPerEpoch = (count + size - 1) / size
    let optimizer = Optimizer(layer, rule, learningRate: 0, weightDecay: weightDecay)
    let loss = CrossEntropyLoss()
    for epoch in 0..<epochs {
      var order = key.stream(for: .linearProbeOrder).at(step: epoch).generator
      let places = order.permutation(of: count)
      for step in 0..<stepsPerEpoch {
        let batch = Array(places[step * size..<min((step + 1) * size, count)])
        let value = loss(layer(Variable(rows.gathered(at: batch))), labels.gathered(at: batch))
        layer.zeroGradients()
        value.backward()
        optimizer.learningRate = rate(
          epoch: epoch, step: epoch * stepsPerEpoch + step, stepCount: epochs * stepsPerEpoch, batchSize: size
        )
        guard value.item.isFinite else {
          throw FeatureError(.diverged(epoch: epoch, rate: optimizer.learningRate))
        }
        do { try optimizer.step() } catch {
          throw FeatureError(.diverged(epoch: epoch, rate: optimizer.learningRate), underlying: error)
        }
      }
    }
    guard layer.parameters.allSatisfy({ $0.value.nonFiniteElements.count == 0 }) else {
      throw FeatureError(.diverged(epoch: epochs - 1, rate: optimizer.learningRate))
    }
    return layer
  }

  /// The rate of a step, counted through all epochs.
  private func rate(epoch: Int, step: Int, stepCount: Int, batchSize: Int) -> Double {
    let start =
      switch rate {
      case .fixed(let rate): rate
      case .per256Rows(let rate): rate * Double(batchSize) / 256
      }
    switch decline {
    case .none: return start
    case .steps(let factor, let epochs): return start * pow(factor, Double(epochs.count { $0 <= epoch }))
    case .cosineByEpoch: return Schedule.cosine(start: start, steps: epochs).value(at: epoch)
    case .cosineByStep: return Schedule.cosine(start: start, steps: stepCount).value(at: step)
    }
  }
}
