public import Autograd
public import NN
public import Tensor

/// An encoder with a projector on its deepest level: images to unit embeddings.
///
/// What contrastive methods train, and what a ``TargetNetwork`` copies. Its parameters are `encoder.*` and `projector.*`.
public final class EmbeddingNetwork<Scalar: TensorFloatingPointScalar>: Layer {
  /// What is kept.
  public let encoder: any FeatureEncoder<Scalar>
  /// Maps the deepest level `[N, spatial..., C]` to `[N, d]`; dropped behind the pre-training.
  public let projector: any Layer<Scalar>

  /// A network of both.
  public init(encoder: any FeatureEncoder<Scalar>, projector: any Layer<Scalar>) {
    self.encoder = encoder
    self.projector = projector
  }

  public var members: [ModuleMember<Scalar>] {
    [.module("encoder", encoder), .module("projector", projector)]
  }

  /// The embeddings `[N, d]` of images `[N, spatial..., C]`, each of length 1.
  public func callAsFunction(_ images: Variable<Scalar>) -> Variable<Scalar> {
    projections(of: images).unitRows()
  }

  /// The same before they are brought to length 1: what a predictor takes.
  public func projections(of images: Variable<Scalar>) -> Variable<Scalar> { projector(deepest(images)) }

  /// The same, the images taken in groups one after another, each of them normalised by its own statistics.
  ///
  /// - Precondition: `groups` divides the images.
  public func embeddings(of images: Variable<Scalar>, groups: Int) -> Variable<Scalar> {
    shapePrecondition(
      groups >= 1 && images.shape[0] % groups == 0,
      "\(images.shape[0]) images do not divide into \(groups) groups")
    guard groups > 1 else { return self(images) }
    return Variable(concatenating: images.split(along: 0, count: groups).map { self($0) }, along: 0)
  }

  /// The embeddings of several crops of the same N images: neighbouring crops of one size pass the encoder together, all
  /// crops the projector, so that its norm sees all of them.
  ///
  /// - Parameter crops: Each `[N, spatial..., C]`; sizes may differ.
  /// - Returns: `[N, d]` for each crop.
  public func embeddings(of crops: [Variable<Scalar>]) -> [Variable<Scalar>] {
    guard let first = crops.first else { return [] }
    var runs: [[Variable<Scalar>]] = []
    for crop in crops {
      shapePrecondition(
        crop.shape[0] == first.shape[0], "crops of \(first.shape[0]) and \(crop.shape[0]) images do not pair")
      if let last = runs.indices.last, runs[last][0].shape == crop.shape {
        runs[last].append(crop)
      } else {
        runs.append([crop])
      }
    }
    let pooled = runs.map { run in
      deepest(run.count == 1 ? run[0] : Variable(concatenating: run, along: 0)).globalAveragePool()
    }
    let rows = Variable(concatenating: pooled, along: 0)
    // Maps of one pixel, which the projector's pooling leaves as they are.
    let maps = rows.reshaped([rows.shape[0], 1, 1, rows.shape[1]])
    return projector(maps).unitRows().split(along: 0, count: crops.count)
  }

  private func deepest(_ images: Variable<Scalar>) -> Variable<Scalar> {
    let levels = encoder(images)
    return levels[levels.count - 1]
  }
}

extension EmbeddingNetwork where Scalar == Float {
  /// A network at its first weights: the encoder's are drawn from the key, so that all methods begin with the same, the
  /// projector's from its stream `projector`.
  ///
  /// - Parameters:
  ///   - blueprint: How the encoder is made.
  ///   - key: The random numbers; the same key gives a second copy, such as a momentum network.
  ///   - projector: Makes the projector for so many channels of the deepest level.
  public convenience init(
    _ blueprint: EncoderBlueprint, key: RandomKey,
    projector: (_ inputFeatures: Int, _ generator: inout PhiloxGenerator) -> any Layer<Float>
  ) {
    var (weights, head) = (key.generator, key.stream(for: .projector).generator)
    let encoder = blueprint.makeEncoder(using: &weights)
    self.init(encoder: encoder, projector: projector(encoder.encoderDescription.deepest.channels, &head))
  }
}
