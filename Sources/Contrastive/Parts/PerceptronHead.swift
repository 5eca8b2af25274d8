public import Autograd
public import NN
public import Tensor

/// Maps a feature map to a vector by linear layers with batch norm and an activation between them: the projectors and
/// predictors of the compared methods.
///
/// Global average pooling, then for each layer a linear map, its norm, and between the layers the activation. Rows `[N, C]`
/// are taken as they are, so that a predictor is one, too. Parameters are named `fc1`, `norm1`, `fc2`, ... What a head of
/// a method looks like is its ``PerceptronPlan``.
///
///     let projector = PerceptronHead<Float>(inputFeatures: 512, .simSiamProjector(hidden: 512, output: 2048), using: &generator)
///
/// Where all features fall together, a norm can hide it: then use `ProjectionHead`, which has none.
public final class PerceptronHead<Scalar: TensorFloatingPointScalar>: Layer {
  /// The linear layers, in order.
  public let layers: [Linear<Scalar>]
  /// The norm behind each of them; `nil` for none.
  public let norms: [BatchNorm<Scalar>?]
  private let activation: PerceptronPlan.Activation

  /// A head of a plan, its weights and biases drawn by `initializer`: PyTorch's default unless given.
  ///
  /// - Precondition: the plan has at least one layer.
  public init(
    inputFeatures: Int, _ plan: PerceptronPlan, initializer: ParameterInitializer = .pyTorchDefault,
    using generator: inout some RandomNumberGenerator
  ) {
    shapePrecondition(!plan.widths.isEmpty, "a head has at least one layer")
    let last = plan.widths.count - 1
    var layers: [Linear<Scalar>] = []
    var norms: [BatchNorm<Scalar>?] = []
    for (index, width) in plan.widths.enumerated() {
      layers.append(
        Linear(
          inputFeatures: index == 0 ? inputFeatures : plan.widths[index - 1], outputFeatures: width,
          bias: index == last ? plan.outputBias : plan.hiddenBias, initializer: initializer,
          using: &generator))
      let slope: Scalar = index < last && plan.activation == .relu ? 0 : 1
      norms.append(
        (index == last ? plan.outputNorm : plan.hiddenNorm).map {
          BatchNorm(channels: width, affine: $0, negativeSlope: slope)
        })
    }
    self.layers = layers
    self.norms = norms
    activation = plan.activation
  }

  public var members: [ModuleMember<Scalar>] {
    zip(layers, norms).enumerated().flatMap { index, layer -> [ModuleMember<Scalar>] in
      [.module("fc\(index + 1)", layer.0)] + (layer.1.map { [.module("norm\(index + 1)", $0)] } ?? [])
    }
  }

  /// `[N, spatial..., C]`, or rows `[N, C]`, to `[N, widths.last]`.
  public func callAsFunction(_ features: Variable<Scalar>) -> Variable<Scalar> {
    var rows = features.shape.rank > 2 ? features.globalAveragePool() : features
    for (index, (layer, norm)) in zip(layers, norms).enumerated() {
      rows = layer(rows)
      if let norm { rows = norm(rows) }
      guard index < layers.count - 1 else { continue }
      switch activation {
      case .relu: if norm == nil { rows = rows.relu() }  // a norm has it fused
      case .gelu: rows = rows.gelu()
      }
    }
    return rows
  }
}

/// What a ``PerceptronHead`` is made of.
public struct PerceptronPlan: Sendable, Hashable {
  /// What stands between two layers.
  public enum Activation: Sendable {
    /// `max(x, 0)`.
    case relu
    /// The Gaussian error linear unit.
    case gelu
  }

  /// Outputs of each layer; the last are those of the head.
  public var widths: [Int]
  /// What stands between two layers.
  public var activation: Activation
  /// The norm behind every layer but the last; `nil` for none.
  public var hiddenNorm: NormAffine?
  /// The norm behind the last layer; `nil` for none.
  public var outputNorm: NormAffine?
  /// Whether every layer but the last has a bias.
  public var hiddenBias: BiasPolicy
  /// Whether the last layer has a bias.
  public var outputBias: BiasPolicy

  /// Layers of these widths; by default with biases, with a norm and a ReLU between them, and none at the end.
  public init(
    _ widths: [Int], activation: Activation = .relu, hiddenNorm: NormAffine? = .scaleAndShift,
    outputNorm: NormAffine? = nil, hiddenBias: BiasPolicy = .learned, outputBias: BiasPolicy = .learned
  ) {
    self.widths = widths
    self.activation = activation
    self.hiddenNorm = hiddenNorm
    self.outputNorm = outputNorm
    self.hiddenBias = hiddenBias
    self.outputBias = outputBias
  }
}

extension PerceptronPlan {
  /// SwAV's projector: linear, norm, ReLU, linear.
  public static func swAV(hidden: Int, output: Int) -> PerceptronPlan { PerceptronPlan([hidden, output]) }

  /// SimCLR's projector: two layers in v1, three in v2, without biases; norm and ReLU between them, at the end a norm without
  /// shift.
  public static func simCLR(layers: Int, hidden: Int, output: Int) -> PerceptronPlan {
    PerceptronPlan(
      [Int](repeating: hidden, count: max(layers - 1, 0)) + [output], outputNorm: .scale, hiddenBias: .none,
      outputBias: .none)
  }

  /// MoCo v3's projector: layers without biases (2 behind a ResNet, 3 behind a transformer), norm and ReLU between them, at the
  /// end a norm that learns nothing. As its released code has it; the same as SimSiam's.
  public static func moCoV3(layers: Int, hidden: Int, output: Int) -> PerceptronPlan {
    simSiamProjector(layers: layers, hidden: hidden, output: output)
  }

  /// BYOL's projector and its predictor: linear, norm, ReLU, linear without bias.
  public static func byol(hidden: Int, output: Int) -> PerceptronPlan {
    PerceptronPlan([hidden, output], outputBias: .none)
  }

  /// SimSiam's projector: three layers (two for CIFAR) without biases, norm and ReLU between them, at the end a norm that learns
  /// nothing. (The released code has a bias in front of that norm, frozen; the norm takes it away.)
  public static func simSiamProjector(layers: Int = 3, hidden: Int, output: Int) -> PerceptronPlan {
    PerceptronPlan(
      [Int](repeating: hidden, count: max(layers - 1, 0)) + [output], outputNorm: .neither, hiddenBias: .none,
      outputBias: .none)
  }

  /// SimSiam's predictor, a bottleneck: linear without bias, norm, ReLU, linear.
  public static func simSiamPredictor(hidden: Int, output: Int) -> PerceptronPlan {
    PerceptronPlan([hidden, output], hiddenBias: .none)
  }

  /// SimTriplet's projector: three layers or two with biases, norm behind each of them, ReLU between them.
  public static func simTripletProjector(layers: Int = 3, hidden: Int, output: Int) -> PerceptronPlan {
    PerceptronPlan(
      [Int](repeating: hidden, count: max(layers - 1, 0)) + [output], outputNorm: .scaleAndShift)
  }

  /// SimTriplet's predictor: as SimSiam's, with both biases.
  public static func simTripletPredictor(hidden: Int, output: Int) -> PerceptronPlan {
    PerceptronPlan([hidden, output])
  }

  /// What stands in front of DeSD's last layer: three layers with biases, norm and GELU between them.
  public static func deSD(hidden: Int, output: Int) -> PerceptronPlan {
    PerceptronPlan([hidden, hidden, output], activation: .gelu)
  }
}
