public import NN
public import Tensor

/// A way to pre-train an encoder on images without labels, as a value of its numbers.
///
/// SuperCL is one, MoCo another; a method of your own is one type that says what it learns, which views it makes of a batch
/// and what they cost. It trains, is saved and resumes in the same loop as the library's:
///
///     let task = try PretrainingTask(MoCo(queueLength: 1024), encoder: .unet(width: 32))
///     try TrainingLoop(task, on: slices).run { print($0); return .proceed }
///     try task.encoder.save(to: url)
///
/// A method holds numbers alone. What changes during training (heads, momentum encoders, queues) belongs to its learner,
/// which is a `Module`: its checkpoints, freezing and names follow from the members that it lists.
public protocol PretrainingMethod: Codable, Hashable, Sendable {
  /// What a batch becomes before the networks see it.
  associatedtype Views: Sendable
  /// What is learned.
  associatedtype Learner: PretrainingLearner

  /// The name in reports and checkpoints.
  static var name: String { get }
  /// Steps, batch and seed; the defaults are those of the method's paper.
  var recipe: TrainingRecipe { get set }
  /// How parameters are moved.
  var optimizer: OptimizerSettings { get }

  /// The method as it trains an encoder: with what depends on the encoder filled in. It refuses an encoder that it cannot
  /// train, and numbers that are out of range. By default it is the method itself.
  ///
  /// - Throws: ``PretrainingError``, naming the field and its value.
  func fitted(to encoder: EncoderDescription) throws -> Self
  /// What the user should know before the first step, such as a value that was chosen; the first report has it.
  func notes(for encoder: EncoderDescription) -> [String]
  /// Refuses an image that the method cannot train on, given its index in the dataset: one whose position is unknown, say.
  /// By default every image is taken.
  ///
  /// - Throws: ``PretrainingError``, naming the image and what it lacks.
  func check(_ image: PretrainingImage, at index: Int) throws
  /// The images as the method reads them: each with what it needs of others, as SimTriplet its neighbouring slices. By default
  /// they are the images as they are. Whoever offers methods by name trains on what this gives.
  ///
  /// - Throws: ``PretrainingError``, naming the image and what it lacks; what reading an image throws.
  func examples(of images: some Dataset<PretrainingImage>) throws -> any Dataset<PretrainingImage>
  /// The order of the images where the method needs one of its own, as for batches with several slices of one volume; `nil`,
  /// the default, for any order. A loop that is given a sampler does not ask.
  func sampler(over images: some Dataset<PretrainingImage>) throws -> (any Sampler)?
  /// The encoder, with all that the method needs beside it, at its first weights; called on the method as it was fitted.
  func makeLearner(_ encoder: EncoderBlueprint, key: RandomKey) throws -> Learner
  /// What is minimised, and by which parameters: all of the learner's that are not frozen, unless said otherwise.
  func objectives(of learner: Learner) -> [Objective]
  /// The views of a batch, from the random numbers of the key alone: they are made ahead, on any thread.
  func views(of images: [PretrainingImage], key: RandomKey) throws -> Views
  /// The loss of the views, with its terms and warnings.
  func evaluate(_ learner: Learner, _ views: Views, at moment: TrainingMoment) throws -> StepOutcome
  /// Called once a step when the gradients are there; see `TrainingTask`.
  func willUpdate(_ learner: Learner, at moment: TrainingMoment) throws
  /// Called once a step behind the update; see `TrainingTask`.
  func didUpdate(_ learner: Learner, at moment: TrainingMoment) throws
}

extension PretrainingMethod {
  public func fitted(to encoder: EncoderDescription) throws -> Self { self }
  public func notes(for encoder: EncoderDescription) -> [String] { [] }
  public func check(_ image: PretrainingImage, at index: Int) throws {}
  public func examples(of images: some Dataset<PretrainingImage>) throws -> any Dataset<PretrainingImage> {
    images
  }
  public func sampler(over images: some Dataset<PretrainingImage>) throws -> (any Sampler)? { nil }

  public func objectives(of learner: Learner) -> [Objective] {
    [Objective([ParameterGroup(learner.namedParameters.filter { !$0.parameter.isFrozen })], optimizer)]
  }

  public func willUpdate(_ learner: Learner, at moment: TrainingMoment) throws {}
  public func didUpdate(_ learner: Learner, at moment: TrainingMoment) throws {}
}

/// What a method learns: the encoder that is kept, and whatever stands beside it in training.
public protocol PretrainingLearner: Module<Float> {
  /// What fine-tuning starts from.
  var encoder: any FeatureEncoder<Float> { get }
}

/// One image to pre-train on.
public struct PretrainingImage: Sendable {
  /// `[H, W, C]`, or `[D, H, W, C]`.
  public var image: Tensor<Float>
  /// The place of a slice in its volume, in (0, 1]; `nil` where it is unknown.
  public var position: Double?
  /// A number that slices of one volume share; `nil` where it is unknown.
  public var volume: Int?
  /// Millimetres from pixel to pixel along each axis; `nil` where it is unknown, and pixels are taken as equally far apart.
  /// Views turn, bend and blur, and superpixels are compact, in these.
  public var spacing: VoxelSpacing?
  /// The pixels that superpixels are made of, `[H, W]` or `[D, H, W]`, such as the body's; `nil` for all. ILCP compares no
  /// pixel outside it.
  public var mask: BinaryMask?
  /// Segments of the image, `[H, W]` or `[D, H, W]`, that a method may take in place of superpixels
  /// (``PseudoMasks/given``); pixels with a negative label belong to none, and pixels around the image have the label 0.
  /// `nil`, and not read, unless put there.
  public var pseudoMask: Tensor<Int32>?
  /// The slices before and behind it, of the same volume; empty unless ``NeighboringSlices`` put them there.
  public var neighbors: [Tensor<Float>] = []

  /// An image, with the position of its slice, its volume, its spacing and a mask where they are known.
  public init(
    _ image: Tensor<Float>, position: Double? = nil, volume: Int? = nil, spacing: VoxelSpacing? = nil,
    mask: BinaryMask? = nil
  ) {
    self.image = image
    self.position = position
    self.volume = volume
    self.spacing = spacing
    self.mask = mask
  }
}
