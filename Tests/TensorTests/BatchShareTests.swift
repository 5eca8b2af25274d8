import Tensor
import Testing

@Suite struct BatchShareTests {
  private func loader(
    _ count: Int, batch: Int, _ lastBatch: LastBatch, _ share: BatchShare
  ) -> DataLoader<[Int]> {
    DataLoader(
      ArrayDataset(Array(0..<count)), batchSize: batch, sampler: ShuffledSampler(count: count, seed: 5),
      lastBatch: lastBatch, workerCount: 0, share: share, collate: { examples, _ in examples })
  }

  @Test(arguments: [2, 4], [LastBatch.carriedOver, .dropped]) func partsAreTheBatch(
    _ ranks: Int, _ last: LastBatch
  )
    throws
  {
    let whole = loader(18, batch: 8, last, .whole)
    let parts = (0..<ranks).map { loader(18, batch: 8, last, BatchShare(rank: $0, count: ranks)) }
    for step in 0..<6 {
      let batch = try whole.batches(steps: step..<step + 1).map { try $0.get() }[0]
      let own = try parts.map { try $0.batches(steps: step..<step + 1).map { try $0.get() }[0] }
      #expect(own.allSatisfy { $0.count == 8 / ranks })
      #expect(own.flatMap(\.self) == batch)
    }
  }

  /// 19 images in batches of 8: the last has 3, for two ranks.
  @Test func unevenEndsAreDroppedOrPadded() throws {
    func epoch(_ ends: UnevenEnds) throws -> [[Int]] {
      try (0..<2).map { rank in
        let loader = loader(19, batch: 8, .kept, BatchShare(rank: rank, count: 2, ends: ends))
        return try loader.batches(inEpoch: 0).map { try $0.get() }.flatMap(\.self)
      }
    }
    let order = ShuffledSampler(count: 19, seed: 5).indices(epoch: 0)
    let dropped = try epoch(.dropped)
    #expect(dropped.map(\.count) == [9, 9])
    #expect(Set(dropped.flatMap(\.self)) == Set(order.prefix(18)))
    let padded = try epoch(.padded)
    #expect(padded.map(\.count) == [10, 10])
    #expect(padded[0].suffix(2) == order[16..<18])
    #expect(padded[1].suffix(2) == [order[18], order[16]])
    #expect(Set(padded.flatMap(\.self)) == Set(0..<19))
  }

  /// Each image draws by its place in the whole batch; what is drawn for the batch is equal on all ranks.
  @Test func drawsAreThoseOfTheWholeBatch() throws {
    func draws(_ share: BatchShare) throws -> [[UInt64]] {
      let loader = DataLoader<[[UInt64]]>(
        ArrayDataset(Array(0..<6)), batchSize: 6, sampler: SequentialSampler(count: 6), workerCount: 0,
        share: share
      ) { examples, key in
        var batch = key.generator
        var nested = key.stream(for: "nested").generator
        let own = examples.indices.map { place in
          var (image, other) = (
            key.at(place: place).generator, key.stream(for: "nested").at(place: place).generator
          )
          return image.next() ^ other.next()
        }
        return [[batch.next(), nested.next()], own]
      }
      return try loader.batches(steps: 1..<2).map { try $0.get() }[0]
    }
    let whole = try draws(.whole)
    let parts = try (0..<3).map { try draws(BatchShare(rank: $0, count: 3)) }
    #expect(parts.allSatisfy { $0[0] == whole[0] })
    #expect(parts.flatMap { $0[1] } == whole[1])
    #expect(Set(whole[1]).count == 6)
  }

  /// A key of a place is that place's own: streams derived from it count from 0 again.
  @Test func thePlaceOfAPlaceIsItsOwn() {
    let key = RandomKey(seed: 3).countingPlaces(from: 4)
    #expect(key.at(place: 2) == RandomKey(seed: 3).at(place: 6))
    #expect(
      key.at(place: 2).stream(for: "x").at(place: 1)
        == RandomKey(seed: 3).at(place: 6).stream(for: "x").at(place: 1))
  }
}
