import Autograd
public import NN
public import Tensor

/// What DeSD learns: a student with a head on each of its deepest levels, a teacher with the deepest head, and the center of the
/// teacher's outputs.
public final class DeSDLearner: PretrainingLearner {
  /// The encoder that gradients move, with the head on its deepest level.
  public let student: EmbeddingNetwork<Float>
  /// The heads on the levels above it, finest first.
  public let heads: [DistillationHead<Float>]
  /// The moving average of ``student``.
  public let teacher: TargetNetwork<EmbeddingNetwork<Float>>
  /// The slow mean of the teacher's outputs.
  public let center: OutputCenter<Float>
  /// The teacher's outputs of the parts of this update; between two updates there are none to save.
  private var collected: [Tensor<Float>] = []

  init(
    _ student: EmbeddingNetwork<Float>, heads: [DistillationHead<Float>],
    _ teacher: TargetNetwork<EmbeddingNetwork<Float>>, _ center: OutputCenter<Float>
  ) {
    self.student = student
    self.heads = heads
    self.teacher = teacher
    self.center = center
  }

  /// The teacher's.
  public var encoder: any FeatureEncoder<Float> { teacher.network.encoder }
  public var members: [ModuleMember<Float>] {
    student.members + heads.enumerated().map { .module("heads.\($0.offset)", $0.element) } + [
      .module("target", teacher), .module("center", center),
    ]
  }

  /// The student's outputs `[N, K]` of every depth, finest first, the deepest last.
  func outputs(of images: Variable<Float>) -> [Variable<Float>] {
    let levels = student.encoder(images)
    let deepest = levels.count - 1
    return zip(heads, levels[(deepest - heads.count)..<deepest]).map { $0($1) } + [
      student.projector(levels[deepest])
    ]
  }

  /// The teacher's outputs `[N, K]`, what the student is to find, and its mean entropy in nats.
  func targets(
    of images: Tensor<Float>, temperature: Double
  ) -> (outputs: Tensor<Float>, codes: Tensor<Float>, entropy: Double) {
    let outputs = teacher.run { $0.projections(of: Variable(images)).value }
    let codes = center.codes(of: outputs, temperature: temperature)
    // 0 log 0 is 0.
    let entropy = -(codes * codes.maximum(.leastNormalMagnitude).log()).sum(along: 1).mean().item
    return (outputs, codes, Double(entropy))
  }

  func holdLastLayers() {
    for head in heads { head.last.hold() }
    (student.projector as? DistillationHead<Float>)?.last.hold()
  }

  /// Keeps the teacher's outputs of one part until the update is done; of several ranks, which have equally many, their mean.
  func collect(_ outputs: Tensor<Float>, across ranks: Ranks, part: Int) {
    if part == 0 { collected = [] }
    guard ranks.count > 1 else { return collected.append(outputs) }
    collected.append((ranks.sum(outputs.mean(along: 0)) / Float(ranks.count)).expanded(at: 0))
  }

  func moveCenter(momentum: Double) {
    guard !collected.isEmpty else { return }
    center.move(towards: Tensor(concatenating: collected, along: 0), momentum: momentum)
    collected = []
  }
}

extension DeSD {
  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> DeSDLearner {
    let plan = PerceptronPlan.deSD(hidden: hiddenFeatures, output: bottleneckFeatures)
    func network() -> EmbeddingNetwork<Float> {
      EmbeddingNetwork(blueprint, key: key) {
        DistillationHead<Float>(inputFeatures: $0, plan, outputs: outputs, using: &$1)
      }
    }
    let student = network()
    let levels = student.encoder.encoderDescription.levels
    let heads = levels.dropLast().suffix(depths - 1).enumerated().map { index, level in
      var generator = key.stream(for: .heads).at(place: index).generator
      return DistillationHead<Float>(
        inputFeatures: level.channels, plan, outputs: outputs, using: &generator)
    }
    return DeSDLearner(
      student, heads: heads,
      TargetNetwork(following: student, copy: network(), statistics: teacherStatistics),
      OutputCenter(outputs: outputs))
  }
}
