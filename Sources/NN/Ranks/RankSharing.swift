public import Tensor

/// How ranks share a training: what changes its results, or its speed, beside their number. All of them must have the same.
public struct RankSharing: Sendable, Hashable, Codable {
  /// Whose statistics batch norms take in training: those of all ranks.
  public var norms: NormStatistics
  /// What becomes of an epoch's last examples that are fewer than a multiple of the ranks: they are left out.
  public var ends: UnevenEnds
  /// The most bytes of gradients that travel together: 4 MiB. Less begins earlier, more has fewer messages; results do not
  /// depend on it.
  public var bucketBytes: Int

  /// A way to share; what is left out has the value above.
  public init(norms: NormStatistics = .ofAllRanks, ends: UnevenEnds = .dropped, bucketBytes: Int = 4 << 20) {
    self.norms = norms
    self.ends = ends
    self.bucketBytes = bucketBytes
  }

  /// Whose statistics batch norms take.
  public enum NormStatistics: String, Sendable, Hashable, Codable {
    /// Those of all ranks' images (SyncBN): n ranks of B/n images compute what one process with B images computes. Two messages a
    /// norm and step. The released code of SuperCL trains so on two cards.
    case ofAllRanks
    /// Those of each rank's own images: no message, other statistics for every number of ranks. What is saved is rank 0's.
    case ofEachRank
  }
}

/// A norm whose statistics can be those of all ranks: ``BatchNorm``, and layers of your own.
public protocol RankSharedNorm: AnyObject {
  /// The ranks whose inputs are measured together; `nil` for this process alone.
  var sharedRanks: Ranks? { get set }
}

extension Module {
  /// Lets every batch norm of this module and all below measure the inputs of all ranks together; with `nil`, each
  /// process its own. A ``TrainingLoop`` does so for what it trains.
  public func shareNorms(across ranks: Ranks?) {
    (self as? any RankSharedNorm)?.sharedRanks = ranks
    for case .module(_, let module) in members { module.shareNorms(across: ranks) }
  }

  /// Runs `body` with every batch norm measuring this process's inputs alone, and lets them share again behind it.
  public func withOwnNorms<Result>(_ body: () throws -> Result) rethrows -> Result {
    var restore: [() -> Void] = []
    func remember(_ module: any Module<Scalar>) {
      if let norm = module as? any RankSharedNorm, let ranks = norm.sharedRanks {
        norm.sharedRanks = nil
        restore.append { norm.sharedRanks = ranks }
      }
      for case .module(_, let part) in module.members { remember(part) }
    }
    remember(self)
    defer { for action in restore { action() } }
    return try body()
  }
}
