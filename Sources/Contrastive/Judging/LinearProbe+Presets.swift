import NN
public import Tensor

// The probes of the papers, as their code has them. Batches of 4,096 are all rows of a small set; where the rate goes with the
// batch, it follows.

extension LinearProbe {
  /// MoCo's: a rate of 30, a tenth of it from epochs 60 and 80 on.
  public static var moCo: LinearProbe {
    LinearProbe(rate: .fixed(30), decline: .steps(factor: 0.1, epochs: [60, 80]))
  }

  /// SimSiam's: LARC, .1 for 256 rows, 90 epochs, batches of 4,096.
  ///
  /// A step moves the weights by no more than the rate times .001 of their length, so that it takes thousands of steps: on a
  /// few hundred rows, take smaller batches at a fixed rate.
  public static var simSiam: LinearProbe {
    LinearProbe(rule: .larc(), rate: .per256Rows(0.1), epochs: 90, batchSize: 4096)
  }

  /// SwAV's: a rate of .3, decay 1e-6.
  public static var swAV: LinearProbe { LinearProbe(rate: .fixed(0.3), weightDecay: 1e-6) }

  /// SimCLR's: Nesterov's momentum, .1 for 256 rows, decay 1e-6, 90 epochs, batches of 4,096, lowered with every step.
  public static var simCLR: LinearProbe {
    LinearProbe(
      rule: .sgd(momentum: .nesterov(factor: 0.9)), rate: .per256Rows(0.1), weightDecay: 1e-6, epochs: 90,
      batchSize: 4096, decline: .cosineByStep)
  }

  /// BYOL's: Nesterov's momentum, .2 for 256 rows, 80 epochs, lowered with every step. Its code takes the batch from the
  /// command line; here it is 256.
  public static var byol: LinearProbe {
    LinearProbe(
      rule: .sgd(momentum: .nesterov(factor: 0.9)), rate: .per256Rows(0.2), epochs: 80, decline: .cosineByStep
    )
  }

  /// DINO's: .001 for 256 rows. Its code has 128 rows on each of its graphics cards; here a batch is 256.
  public static var dino: LinearProbe { LinearProbe(rate: .per256Rows(0.001)) }

  /// This probe on standardised features.
  public var standardized: LinearProbe {
    var probe = self
    probe.standardization = .features
    return probe
  }
}

extension LinearProbe {
  /// Features and their labels.
  public struct Examples<Scalar: TensorFloatingPointScalar>: Sendable {
    /// `[..., d]`.
    public let features: Tensor<Scalar>
    /// `[...]`.
    public let labels: Tensor<Int32>

    /// Features `[..., d]` with labels `[...]`.
    public init(_ features: Tensor<Scalar>, labels: Tensor<Int32>) {
      shapePrecondition(
        features.rank >= 1 && labels.shape == features.shape.removing(axis: -1),
        "labels of shape \(labels.shape) do not fit features of shape \(features.shape)")
      self.features = features
      self.labels = labels
    }
  }

  /// What a search of the rate found.
  public struct RateSearch<Scalar: TensorFloatingPointScalar>: Sendable {
    /// The classifier of the best rate.
    public let classifier: LinearClassifier<Scalar>
    /// The rate of the highest accuracy; the lowest of equally good ones.
    public let rate: Rate
    /// The accuracy of each rate on the validation data, in the order given; NaN where the training diverged.
    public let accuracies: [Double]
  }

  /// Trains once with each rate, and takes the one that is best on validation data. Never on test data: their accuracy would
  /// be chosen, not measured.
  ///
  /// - Throws: ``FeatureError``: that of the last rate where all diverge, and as ``fit(_:labels:classCount:ignoredLabel:)``.
  /// - Precondition: at least one rate.
  public func searchingRate<Scalar: TensorFloatingPointScalar>(
    _ rates: [Double], training: Examples<Scalar>, validation: Examples<Scalar>, classCount: Int
  ) throws(FeatureError) -> RateSearch<Scalar> {
    shapePrecondition(!rates.isEmpty, "a search needs at least one rate")
    var best: (classifier: LinearClassifier<Scalar>, rate: Double, accuracy: Double)?
    var accuracies: [Double] = []
    var failure = FeatureError(.noFeatures)
    for rate in rates {
      var probe = self
      probe.rate = with(rate)
      do throws(FeatureError) {
        let classifier = try probe.fit(training.features, labels: training.labels, classCount: classCount)
        let accuracy = try classifier.accuracy(on: validation.features, labels: validation.labels)
        accuracies.append(accuracy)
        let isBetter = best.map { accuracy > $0.accuracy || (accuracy == $0.accuracy && rate < $0.rate) }
        if isBetter ?? true { best = (classifier, rate, accuracy) }
      } catch {
        guard case .diverged = error.code else { throw error }
        accuracies.append(.nan)
        failure = error
      }
    }
    guard let best else { throw failure }
    return RateSearch(classifier: best.classifier, rate: with(best.rate), accuracies: accuracies)
  }

  /// A number of the same kind as the probe's rate.
  private func with(_ number: Double) -> Rate {
    switch rate {
    case .fixed: .fixed(number)
    case .per256Rows: .per256Rows(number)
    }
  }
}
