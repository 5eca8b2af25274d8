/// Reads a dataset in batches, by all cores or ahead of the training on threads of its own.
///
/// The order comes from a ``Sampler``. Each example passes through `transform`, with a generator whose key is
/// (seed, ``RandomPurpose/examples``, epoch, place in the epoch), and each batch of them through `collate`, with the key
/// (seed, ``RandomPurpose/batches``, step). Order, content and errors depend on those alone, never on `workerCount` or on
/// the number of cores.
///
///     let loader = DataLoader(
///       dataset, batchSize: 8, sampler: ShuffledSampler(count: dataset.count, seed: 1), seed: 1,
///       transform: { image, generator in augment(image, using: &generator) },
///       collate: { images, _ in try stackedExamples(images) })
///     for epoch in 0..<100 {
///       for batch in loader.batches(inEpoch: epoch) { train(on: try batch.get()) }
///     }
///
/// A training that counts steps reads ``batches(steps:)``, which go from epoch to epoch; to take it up again, begin at the
/// step that comes next: its batches are the same to the last bit.
///
/// The batches are a `Sequence`, not an `AsyncSequence`: a training step computes on all cores for a long time,
/// which must not happen on the threads of Swift's concurrency, and a plain loop serves programs without
/// concurrency too. A batch that cannot be read is a failure in its place; the loop may go on after it.
public struct DataLoader<Batch: Sendable>: Sendable {
  /// Examples in a batch.
  public let batchSize: Int
  /// What becomes of the last examples of an epoch.
  public let lastBatch: LastBatch
  /// The threads that read ahead; 0 reads a batch when it is asked for, its examples on all cores.
  public var workerCount: Int
  /// The most batches that are read or wait ahead of the one asked for.
  public var prefetchCount: Int

  private let plan: EpochPlan
  private let read: @Sendable (_ step: Int, _ places: [EpochPlan.Place]) -> Outcome

  /// A batch, or why it could not be read.
  public typealias Outcome = Result<Batch, DataError>

  /// - Parameters:
  ///   - dataset: The examples.
  ///   - batchSize: Examples in a batch.
  ///   - sampler: Which examples in which order.
  ///   - seed: The first part of every key.
  ///   - lastBatch: What becomes of examples that do not fill a batch.
  ///   - workerCount: The threads that read ahead; see ``workerCount``.
  ///   - prefetchCount: The most batches ahead; see ``prefetchCount``.
  ///   - share: The part of every batch that is read; the key of `collate` counts places from its first.
  ///   - transform: What happens to each example; augmentation draws from the generator.
  ///   - collate: Makes a batch of examples; see ``stackedExamples(_:)``.
  /// - Precondition: a batch size of at least 1; no negative counts; a sampler that is not empty when the rest of an epoch
  ///   is carried over.
  public init<Source: Dataset, Item: Sendable>(
    _ dataset: Source, batchSize: Int, sampler: some Sampler, seed: UInt64 = 0, lastBatch: LastBatch = .kept,
    workerCount: Int = 2, prefetchCount: Int = 4, share: BatchShare = .whole,
    transform: @escaping @Sendable (Source.Element, inout PhiloxGenerator) throws -> Item,
    collate: @escaping @Sendable ([Item], RandomKey) throws -> Batch
  ) {
    shapePrecondition(batchSize >= 1, "a batch has at least one example, not \(batchSize)")
    shapePrecondition(
      workerCount >= 0 && prefetchCount >= 0, "counts are not negative: \(workerCount), \(prefetchCount)")
    self.batchSize = batchSize
    self.lastBatch = lastBatch
    self.workerCount = workerCount
    self.prefetchCount = prefetchCount
    plan = EpochPlan(sampler: sampler, batchSize: batchSize, lastBatch: lastBatch)
    let root = RandomKey(seed: seed)
    let (examples, batches) = (root.stream(for: .examples), root.stream(for: .batches))
    read = { step, batch in
      let epoch = batch.first?.epoch ?? 0
      let (places, first) = share.part(of: batch)
      let items = Parallel.map(places) { place -> Result<Item, any Error> in
        Result {
          guard (0..<dataset.count).contains(place.index) else {
            throw DataError(.indexOutsideDataset(index: place.index, count: dataset.count))
          }
          var generator = examples.at(step: place.epoch).at(place: place.inEpoch).generator
          return try transform(dataset.element(at: place.index), &generator)
        }
      }
      for (place, item) in zip(places, items) {
        guard case .failure(let error) = item else { continue }
        return .failure(
          DataError(.exampleFailed(epoch: epoch, step: step, index: place.index), underlying: error))
      }
      do {
        let key = batches.at(step: step).countingPlaces(from: first)
        return .success(try collate(items.map { try $0.get() }, key))
      } catch {
        return .failure(DataError(.collationFailed(epoch: epoch, step: step), underlying: error))
      }
    }
  }

  /// A loader without a transform.
  public init<Source: Dataset>(
    _ dataset: Source, batchSize: Int, sampler: some Sampler, seed: UInt64 = 0, lastBatch: LastBatch = .kept,
    workerCount: Int = 2, prefetchCount: Int = 4, share: BatchShare = .whole,
    collate: @escaping @Sendable ([Source.Element], RandomKey) throws -> Batch
  ) {
    self.init(
      dataset, batchSize: batchSize, sampler: sampler, seed: seed, lastBatch: lastBatch,
      workerCount: workerCount, prefetchCount: prefetchCount, share: share,
      transform: { element, _ in element },
      collate: collate)
  }

  /// Batches of an epoch; where the rest of an epoch is carried over, those that begin in the first.
  public var batchCount: Int { plan.firstStep(ofEpoch: 1) }

  /// The epoch that a step's batch begins in.
  public func epoch(ofStep step: Int) -> Int { plan.epoch(ofStep: step) }

  /// The batches of the given steps, counted from the first batch of epoch 0 and through all epochs.
  ///
  /// Leaving the loop early, or ``BatchSequence/Iterator/cancel()``, stops the reading ahead.
  ///
  /// - Precondition: no step is negative; the epochs are not empty.
  public func batches(steps: Range<Int>) -> BatchSequence<Batch> {
    shapePrecondition(steps.lowerBound >= 0, "steps are counted from 0, not \(steps.lowerBound)")
    shapePrecondition(steps.isEmpty || batchCount > 0, "an epoch without batches has no step")
    let (plan, read) = (plan, read)
    return BatchSequence(range: steps, workerCount: workerCount, prefetchCount: prefetchCount) { step in
      read(step, plan.places(ofStep: step))
    }
  }

  /// The batches of an epoch from number `first` on.
  ///
  /// - Precondition: `epoch` is not negative; `first` is not beyond the epoch's end.
  public func batches(inEpoch epoch: Int, startingAt first: Int = 0) -> BatchSequence<Batch> {
    shapePrecondition(epoch >= 0, "an epoch is not negative: \(epoch)")
    let (start, end) = (plan.firstStep(ofEpoch: epoch), plan.firstStep(ofEpoch: epoch + 1))
    shapePrecondition(
      first >= 0 && start + first <= end, "batch \(first) is outside an epoch of \(end - start)")
    return batches(steps: start + first..<end)
  }
}

/// A batch of examples of one shape, side by side along a new first axis: the usual collation.
///
/// - Throws: ``DataError`` when the shapes differ.
public func stackedExamples<Scalar>(
  _ examples: [Tensor<Scalar>]
) throws(DataError) -> Tensor<Scalar> {
  for example in examples where example.shape != examples[0].shape {
    throw DataError(.shapesDiffer(first: examples[0].shape, other: example.shape))
  }
  return Tensor(stacking: examples)
}
