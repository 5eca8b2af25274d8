import Autograd
public import NN
public import Tensor

/// What SwAV learns: an encoder with its projector, prototypes, and a queue of embeddings for every crop that has codes.
public final class SwAVLearner: PretrainingLearner {
  /// The network.
  public let network: EmbeddingNetwork<Float>
  /// What embeddings are assigned to.
  public let prototypes: Prototypes<Float>
  /// Earlier embeddings of each assigned crop; empty for a method without a queue.
  public let queues: [EmbeddingQueue<Float>]
  /// Embeddings of the parts of this update, by crop; between two updates there are none to save.
  private var collected: [[Tensor<Float>]] = []

  init(
    _ network: EmbeddingNetwork<Float>, _ prototypes: Prototypes<Float>, _ queues: [EmbeddingQueue<Float>]
  ) {
    self.network = network
    self.prototypes = prototypes
    self.queues = queues
  }

  public var encoder: any FeatureEncoder<Float> { network.encoder }
  public var members: [ModuleMember<Float>] {
    network.members + [.module("prototypes", prototypes)]
      + queues.enumerated().map { .module("queues.\($0.offset)", $0.element) }
  }

  /// Scores of a crop's earlier embeddings against the present prototypes; `nil` until its queue is full.
  func queuedScores(of crop: Int) -> Tensor<Float>? {
    guard crop < queues.count, queues[crop].isFull else { return nil }
    return withoutGradient { prototypes.scores(of: Variable(queues[crop].rows.value)).value }
  }

  /// How many prototypes are the first choice of some image of the codes `[B, K]`.
  func usedPrototypes(_ codes: [Tensor<Float>]) -> Double {
    var used: Set<Int32> = []
    for codes in codes { codes.argmax(along: 1).withUnsafeBufferPointer { used.formUnion($0) } }
    return Double(used.count)
  }

  /// What a person should know where the codes' equal partition has fewer rows, of the batch and of a full queue, than prototypes.
  func partitionWarnings(batch: Int) -> [TrainingWarning] {
    let queued = queues.first.map { $0.isFull ? $0.length : 0 } ?? 0
    let count = prototypes.weight.shape[0]
    guard batch + queued < count else { return [] }
    return [
      TrainingWarning(
        "prototypes beyond rows",
        "\(count) prototypes cannot share \(batch + queued) rows of batch and queue alike: about ten for each expected "
          + "class, a larger batch or a longer queue may help")
    ]
  }

  /// Keeps the embeddings of one part, one tensor for each assigned crop, until the update is done.
  func collect(_ embeddings: [Tensor<Float>], part: Int) {
    if part == 0 { collected = [] }
    collected.append(embeddings)
  }

  func enqueueCollected() throws {
    for (crop, queue) in queues.enumerated() {
      let parts = collected.compactMap { crop < $0.count ? $0[crop] : nil }
      if !parts.isEmpty { try queue.enqueue(Tensor(concatenating: parts, along: 0)) }
    }
    collected = []
  }
}
