import Foundation
import Synchronization
import Tensor
import Testing

@Suite struct DataLoaderTests {
  struct Broken: Error, Equatable { var index: Int }

  /// Numbers, some of which cannot be read; reading them takes different times.
  struct Numbers: Dataset {
    var count: Int
    var broken: Set<Int> = []
    func element(at index: Int) throws -> Int {
      if broken.contains(index) { throw Broken(index: index) }
      if index % 3 == 0 { Thread.sleep(forTimeInterval: 0.002) }
      return index
    }
  }

  /// Every example with the first number of its generator.
  static func loader(
    _ data: Numbers, workers: Int, prefetch: Int = 3, last: LastBatch = .kept
  ) -> DataLoader<[String]> {
    DataLoader(
      data, batchSize: 4, sampler: ShuffledSampler(count: data.count, seed: 2), seed: 11, lastBatch: last,
      workerCount: workers, prefetchCount: prefetch,
      transform: { element, generator in "\(element) \(generator.next())" }, collate: { items, _ in items })
  }

  @Test func readsInOrder() throws {
    let loader = DataLoader(
      Numbers(count: 7), batchSize: 3, sampler: SequentialSampler(count: 7), collate: { items, _ in items })
    #expect(loader.batchCount == 3)
    #expect(try loader.batches(inEpoch: 0).map { try $0.get() } == [[0, 1, 2], [3, 4, 5], [6]])
    let dropped = Self.loader(Numbers(count: 7), workers: 2, last: .dropped)
    #expect(try dropped.batches(inEpoch: 0).map { try $0.get().count } == [4])
  }

  @Test func workersChangeNothing() throws {
    let data = Numbers(count: 30)
    let expected = try Self.loader(data, workers: 0).batches(inEpoch: 3).map { try $0.get() }
    #expect(expected.count == 8 && Set(expected.joined()).count == 30)
    for (workers, prefetch) in [(1, 0), (1, 1), (2, 4), (5, 2), (3, 100)] {
      let loader = Self.loader(data, workers: workers, prefetch: prefetch)
      #expect(try loader.batches(inEpoch: 3).map { try $0.get() } == expected, "\(workers) workers")
    }
  }

  @Test func generatorsFollowSeedEpochAndPlace() throws {
    let batches = try Self.loader(Numbers(count: 6), workers: 2).batches(inEpoch: 5).map { try $0.get() }
    let order = ShuffledSampler(count: 6, seed: 2).indices(epoch: 5)
    let expected = order.enumerated().map { place, index in
      var generator = RandomKey(seed: 11).stream(for: .examples).at(step: 5).at(place: place).generator
      return "\(index) \(generator.next())"
    }
    #expect(Array(batches.joined()) == expected)
  }

  @Test func resumesInTheMiddle() throws {
    let loader = Self.loader(Numbers(count: 30), workers: 2)
    let whole = try loader.batches(inEpoch: 1).map { try $0.get() }
    #expect(try loader.batches(inEpoch: 1, startingAt: 5).map { try $0.get() } == Array(whole[5...]))
    #expect(Array(loader.batches(inEpoch: 1, startingAt: 8)).isEmpty)
    #expect(try loader.batches(steps: 13..<16).map { try $0.get() } == Array(whole[5...]))
  }

  /// Steps go through the epochs; what becomes of a rest of 1 in 7 examples is a choice.
  @Test(arguments: [
    (LastBatch.kept, [3, 3, 1, 3, 3, 1, 3], [0, 0, 0, 1, 1, 1, 2]),
    (.dropped, [3, 3, 3, 3, 3, 3, 3], [0, 0, 1, 1, 2, 2, 3]),
    (.carriedOver, [3, 3, 3, 3, 3, 3, 3], [0, 0, 0, 1, 1, 2, 2]),
  ]) func stepsGoThroughTheEpochs(_ last: LastBatch, _ sizes: [Int], _ epochs: [Int]) throws {
    let sampler = ShuffledSampler(count: 7, seed: 5)
    let loader = DataLoader(
      Numbers(count: 7), batchSize: 3, sampler: sampler, lastBatch: last, collate: { items, _ in items })
    let batches = try loader.batches(steps: 0..<7).map { try $0.get() }
    #expect(batches.map(\.count) == sizes)
    #expect((0..<7).map { loader.epoch(ofStep: $0) } == epochs)
    // Whole epochs one after another, the last of them as far as the seven steps go.
    let length = last == .dropped ? 6 : 7
    let orders = (0..<4).flatMap { sampler.indices(epoch: $0).prefix(length) }
    let expected = Array(orders.prefix(sizes.reduce(0, +)))
    #expect(Array(batches.joined()) == expected)
    // Each epoch has the steps that begin in it, and the loop over epochs is the loop over steps.
    let again = try (0..<2).flatMap { try loader.batches(inEpoch: $0).map { try $0.get() } }
    #expect(again == Array(batches.prefix(again.count)))
  }

  @Test func theKeyOfABatchIsItsStep() throws {
    let loader = DataLoader(
      Numbers(count: 5), batchSize: 2, sampler: SequentialSampler(count: 5), seed: 8, workerCount: 2,
      collate: { _, key in key })
    let keys = try loader.batches(steps: 2..<6).map { try $0.get() }
    #expect(keys == (2..<6).map { RandomKey(seed: 8).stream(for: .batches).at(step: $0) })
  }

  @Test(arguments: [0, 1, 3]) func errorsStandInTheirPlace(workers: Int) throws {
    let data = Numbers(count: 12, broken: [5])
    let loader = DataLoader(
      data, batchSize: 4, sampler: SequentialSampler(count: 12), workerCount: workers,
      collate: { items, _ in items })
    let outcomes = Array(loader.batches(inEpoch: 2))
    #expect(try outcomes[0].get() == [0, 1, 2, 3])
    #expect(try outcomes[2].get() == [8, 9, 10, 11])
    let error = #expect(throws: DataError.self) { try outcomes[1].get() }
    #expect(error?.code == .exampleFailed(epoch: 2, step: 7, index: 5))
    #expect(error?.underlying as? Broken == Broken(index: 5))
  }

  @Test func examplesOfDifferentShapesAreAnError() throws {
    let data = ArrayDataset([Tensor<Float>(zeros: [2]), Tensor<Float>(zeros: [3])])
    let loader = DataLoader(
      data, batchSize: 2, sampler: SequentialSampler(count: 2),
      collate: { items, _ in try stackedExamples(items) })
    let outcome = try #require(Array(loader.batches(inEpoch: 0)).first)
    let error = #expect(throws: DataError.self) { try outcome.get() }
    #expect(error?.code == .collationFailed(epoch: 0, step: 0))
    #expect(error?.underlying as? DataError == DataError(.shapesDiffer(first: [2], other: [3])))
    #expect(try stackedExamples([Tensor<Float>(ones: [2])]).shape == [1, 2])
  }

  /// Counts what is read, and how many at once.
  final class Counter: Sendable {
    private let counts = Mutex((running: 0, peak: 0, total: 0))
    var peak: Int { counts.withLock { $0.peak } }
    var total: Int { counts.withLock { $0.total } }
    func during(_ body: () -> Void) {
      counts.withLock {
        $0.running += 1
        $0.total += 1
        $0.peak = max($0.peak, $0.running)
      }
      body()
      counts.withLock { $0.running -= 1 }
    }
  }

  @Test func readsAheadWithinBounds() throws {
    let counter = Counter()
    let loader = DataLoader(
      ArrayDataset(Array(0..<100)), batchSize: 1, sampler: SequentialSampler(count: 100), workerCount: 2,
      prefetchCount: 5,
      transform: { element, _ in
        counter.during { Thread.sleep(forTimeInterval: 0.001) }
        return element
      }, collate: { items, _ in items })
    let batches = loader.batches(inEpoch: 0).makeIterator()
    for _ in 0..<3 { _ = batches.next() }
    // Other tests may keep the workers waiting for a core.
    let deadline = Date(timeIntervalSinceNow: 20)
    while counter.total < 8, Date() < deadline { Thread.sleep(forTimeInterval: 0.001) }
    Thread.sleep(forTimeInterval: 0.1)
    #expect(counter.total == 8)
    #expect(counter.peak <= 2)
    batches.cancel()
    #expect(batches.next() == nil)
    Thread.sleep(forTimeInterval: 0.05)
    #expect(counter.total == 8)
  }

  @Test func leavingTheLoopStopsTheReading() throws {
    let counter = Counter()
    let loader = DataLoader(
      ArrayDataset(Array(0..<1000)), batchSize: 1, sampler: SequentialSampler(count: 1000), workerCount: 1,
      prefetchCount: 1000,
      transform: { element, _ in
        counter.during { Thread.sleep(forTimeInterval: 0.001) }
        return element
      }, collate: { items, _ in items })
    for _ in loader.batches(inEpoch: 0) { break }
    Thread.sleep(forTimeInterval: 0.1)
    let total = counter.total
    Thread.sleep(forTimeInterval: 0.05)
    #expect(counter.total == total && total < 1000)
  }

  @Test func cancellingWakesTheWaiting() {
    let gate = DispatchSemaphore(value: 0)
    let loader = DataLoader(
      ArrayDataset([0]), batchSize: 1, sampler: SequentialSampler(count: 1), workerCount: 1,
      transform: { element, _ in
        gate.wait()
        return element
      }, collate: { items, _ in items })
    let batches = loader.batches(inEpoch: 0).makeIterator()
    nonisolated(unsafe) let shared = batches
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.02) { shared.cancel() }
    #expect(batches.next() == nil)
    gate.signal()
  }

  @Test func impossibleSizesTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = DataLoader(
        ArrayDataset([1]), batchSize: 0, sampler: SequentialSampler(count: 1), collate: { items, _ in items })
    }
  }
}
