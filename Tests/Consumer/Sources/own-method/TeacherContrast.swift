import Autograd
import Contrastive
import NN
import Tensor

/// A student's embedding of one view finds, among all images of the batch, what its moving average makes of the other view.
struct TeacherContrast: PretrainingMethod {
  static let name = "TeacherContrast"
  var recipe = TrainingRecipe(steps: 6, batchSize: 4, seed: 7)
  var optimizer = OptimizerSettings(.adam(), rate: .cosine(start: 0.01, steps: 6), weightDecay: 1e-5)
  var temperature: Float = 0.2
  var momentum: Float = 0.9
  var augmentation = VariedAugmentation()

  final class Branch: Module {
    let (encoder, head): (any FeatureEncoder<Float>, ProjectionHead<Float>)
    var members: [ModuleMember<Float>] { [.module("encoder", encoder), .module("head", head)] }

    init(_ blueprint: EncoderBlueprint, key: RandomKey) {
      var generator = key.generator
      encoder = blueprint.makeEncoder(using: &generator)
      let channels = encoder.encoderDescription.deepest.channels
      head = ProjectionHead(inputFeatures: channels, outputFeatures: 8, using: &generator)
    }

    func callAsFunction(_ images: Tensor<Float>) -> Variable<Float> { head(encoder(Variable(images)).last!) }
  }

  final class Learner: PretrainingLearner {
    let (student, teacher): (Branch, Branch)
    var encoder: any FeatureEncoder<Float> { student.encoder }
    var members: [ModuleMember<Float>] { [.module("student", student), .module("teacher", teacher)] }

    init(_ blueprint: EncoderBlueprint, key: RandomKey) {
      (student, teacher) = (Branch(blueprint, key: key), Branch(blueprint, key: key))
      teacher.freeze()
    }
  }

  func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> Learner { Learner(blueprint, key: key) }

  func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    try (0..<2).map { view in
      try stackedExamples(
        images.enumerated().map { place, example in
          var generator = key.at(place: 2 * place + view).generator
          return augmentation(example.image, using: &generator).image
        })
    }
  }

  func evaluate(_ learner: Learner, _ views: [Tensor<Float>], at moment: TrainingMoment) -> StepOutcome {
    let loss = matchingLoss(learner.student(views[0]), learner.teacher(views[1]), temperature: temperature)
    return StepOutcome(loss: loss, terms: [LossTerm("loss", Double(loss.item))])
  }

  func didUpdate(_ learner: Learner, at moment: TrainingMoment) {
    for (slow, fast) in zip(learner.teacher.parameters, learner.student.parameters) {
      slow.value = slow.value * momentum + fast.value * (1 - momentum)
    }
  }
}

/// `mean over i of [ log sum over j of exp(a_i . b_j / T) - a_i . b_i / T ]` for rows a and b `[N, d]` of length 1.
func matchingLoss<Scalar: TensorFloatingPointScalar>(
  _ first: Variable<Scalar>, _ second: Variable<Scalar>, temperature: Scalar
) -> Variable<Scalar> {
  func unit(_ rows: Variable<Scalar>) -> Variable<Scalar> {
    rows / (rows.squared().sum(along: 1) + 1e-12).sqrt().expanded(at: 1)
  }
  let (a, b) = (unit(first), unit(second))
  let all = a.matmul(b, transposing: .right) / temperature
  return (all.logSumExp(along: 1) - (a * b).sum(along: 1) / temperature).mean()
}
