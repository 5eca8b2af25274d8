import Autograd
public import NN
public import Tensor

/// What MoCo learns: an encoder with its projector, their moving average, and the queue of keys.
public final class MoCoLearner: PretrainingLearner {
  /// The network that gradients move.
  public let online: EmbeddingNetwork<Float>
  /// Its moving average, which makes keys.
  public let target: TargetNetwork<EmbeddingNetwork<Float>>
  /// The keys of earlier updates.
  public let queue: EmbeddingQueue<Float>
  /// Keys of the parts of this update; between two updates there are none to save.
  private var collected: [Tensor<Float>] = []

  init(
    _ online: EmbeddingNetwork<Float>, _ target: TargetNetwork<EmbeddingNetwork<Float>>,
    _ queue: EmbeddingQueue<Float>
  ) {
    self.online = online
    self.target = target
    self.queue = queue
  }

  public var encoder: any FeatureEncoder<Float> { online.encoder }
  public var members: [ModuleMember<Float>] {
    online.members + [.module("target", target), .module("queue", queue)]
  }

  /// Unit keys `[N, d]` of images, in their order: shuffled, taken in groups, and put back.
  /// Over ranks the images of all are shuffled, so that a key's statistics are of images of other ranks than its query's.
  func keys(of images: Tensor<Float>, groups: BatchGroups, key: RandomKey) -> Tensor<Float> {
    guard groups.count > 1 else { return target(images) }
    let ranks = groups.ranks
    var generator = key.generator
    let order = generator.permutation(of: images.shape[0] * ranks.count)
    var back = order
    for (place, index) in order.enumerated() { back[index] = place }
    let shuffled = Variable(ranks.ownRows(of: ranks.gather(images).gathered(at: order)))
    let keys = target.run { $0.embeddings(of: shuffled, groups: groups).value }
    return ranks.ownRows(of: ranks.gather(keys).gathered(at: back))
  }

  /// Keeps the keys of one part until the update is done.
  func collect(_ keys: Tensor<Float>, part: Int) {
    if part == 0 { collected = [] }
    collected.append(keys)
  }

  func enqueueCollected() throws {
    guard !collected.isEmpty else { return }
    try queue.enqueue(Tensor(concatenating: collected, along: 0))
    collected = []
  }
}
