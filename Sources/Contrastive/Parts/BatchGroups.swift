import Autograd
import NN
import Tensor

/// Groups of a batch that norm layers see apart, where ranks share the batch: MoCo's graphics cards.
///
/// One group is the batch of all ranks, if their norms share statistics. Several are so many runs of neighbouring images of the
/// whole batch, of which every rank has as many, and each has its own statistics, whatever norms share otherwise.
struct BatchGroups {
  /// Groups of the whole batch.
  let count: Int
  let ranks: Ranks

  /// - Throws: ``PretrainingError``: the ranks do not divide the groups.
  init(_ count: Int, _ ranks: Ranks, for method: String, _ field: String) throws(PretrainingError) {
    try SettingCheck(method: method).require(
      count == 1 || count % ranks.count == 0, field, count,
      "must be 1 or a multiple of the \(ranks.count) ranks, which have whole groups")
    self.count = count
    self.ranks = ranks
  }

  /// Groups of this rank's images.
  var ownCount: Int { count == 1 ? 1 : count / ranks.count }
}

extension EmbeddingNetwork {
  /// The embeddings `[N, d]` of this rank's images, taken in groups.
  func embeddings(of images: Variable<Scalar>, groups: BatchGroups) -> Variable<Scalar> {
    guard groups.count > 1 else { return self(images) }
    return withOwnNorms { embeddings(of: images, groups: groups.ownCount) }
  }
}
