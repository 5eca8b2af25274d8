import Synchronization

/// Which examples every step reads: a sampler's epochs one after another, cut into batches.
struct EpochPlan: Sendable {
  /// One example of a batch.
  struct Place: Sendable {
    let epoch: Int
    /// Its number in the epoch's order.
    let inEpoch: Int
    /// Its index in the dataset.
    let index: Int
  }

  private let count: Int
  private let batchSize: Int
  private let lastBatch: LastBatch
  private let orders: EpochOrders

  init(sampler: some Sampler, batchSize: Int, lastBatch: LastBatch) {
    count = sampler.count
    self.batchSize = batchSize
    self.lastBatch = lastBatch
    orders = EpochOrders { sampler.indices(epoch: $0) }
  }

  /// Steps up to the first that begins in an epoch.
  func firstStep(ofEpoch epoch: Int) -> Int {
    switch lastBatch {
    case .kept: epoch * ((count + batchSize - 1) / batchSize)
    case .dropped: epoch * (count / batchSize)
    case .carriedOver: (epoch * count + batchSize - 1) / batchSize
    }
  }

  func epoch(ofStep step: Int) -> Int {
    switch lastBatch {
    case .kept, .dropped: step / max(firstStep(ofEpoch: 1), 1)
    case .carriedOver: step * batchSize / max(count, 1)
    }
  }

  func places(ofStep step: Int) -> [Place] {
    if lastBatch == .carriedOver {
      return (step * batchSize..<(step + 1) * batchSize).map { position in
        place(epoch: position / count, inEpoch: position % count)
      }
    }
    let epoch = epoch(ofStep: step)
    let first = (step - firstStep(ofEpoch: epoch)) * batchSize
    return (first..<min(first + batchSize, count)).map { place(epoch: epoch, inEpoch: $0) }
  }

  private func place(epoch: Int, inEpoch: Int) -> Place {
    Place(epoch: epoch, inEpoch: inEpoch, index: orders.order(ofEpoch: epoch)[inEpoch])
  }
}

/// The orders of the epochs that batches are being read from, drawn once each.
private final class EpochOrders: Sendable {
  private let draw: @Sendable (Int) -> [Int]
  private let known = Mutex<[Int: [Int]]>([:])

  init(_ draw: @escaping @Sendable (Int) -> [Int]) { self.draw = draw }

  func order(ofEpoch epoch: Int) -> [Int] {
    known.withLock { known in
      if let order = known[epoch] { return order }
      // Reading ahead reaches into the next epochs; older ones do not come back.
      known = known.filter { $0.key > epoch - 4 && $0.key < epoch + 4 }
      let order = draw(epoch)
      known[epoch] = order
      return order
    }
  }
}
