/// Reads a dataset in batches, ahead of the training and on threads of its own.
///
/// The order comes from a ``Sampler``. Each example passes through `transform`, with a generator whose key is
/// (seed, epoch, place in the epoch), and each batch of them through `collate`. Order, content and errors
/// depend on those alone, never on `workerCount`.
///
///     let loader = DataLoader(
///       dataset, batchSize: 8, sampler: ShuffledSampler(count: dataset.count, seed: 1), seed: 1,
///       transform: { image, generator in augment(image, using: &generator) },
///       collate: stackedExamples)
///     for epoch in 0..<100 {
///       for batch in loader.batches(inEpoch: epoch) { train(on: try batch.get()) }
///     }
///
/// An epoch is a `Sequence`, not an `AsyncSequence`: a training step computes on all cores for a long time,
/// which must not happen on the threads of Swift's concurrency, and a plain loop serves programs without
/// concurrency too. A batch that cannot be read is a failure in its place; the loop may go on after it.
///
/// To take a training up again, store the epoch and the number of batches done (``Position``) with the
/// checkpoint and start there: the rest of the epoch is the same to the last bit.
public struct DataLoader<Batch: Sendable>: Sendable {
  /// Examples in a batch.
  public let batchSize: Int
  /// Batches in an epoch.
  public let batchCount: Int
  /// The threads that read; 0 reads on the caller's thread, when a batch is asked for.
  public var workerCount: Int
  /// The most batches that are read or wait ahead of the one asked for.
  public var prefetchCount: Int

  /// A place in the training: this many batches of this epoch are done.
  public struct Position: Hashable, Codable, Sendable {
    /// The epoch, from 0.
    public var epoch: Int
    /// Batches of the epoch that are done.
    public var batch: Int

    /// A place; without arguments, the start of the training.
    public init(epoch: Int = 0, batch: Int = 0) {
      self.epoch = epoch
      self.batch = batch
    }
  }

  private let indices: @Sendable (_ epoch: Int) -> [Int]
  private let read:
    @Sendable (_ epoch: Int, _ batch: Int, _ first: Int, _ indices: ArraySlice<Int>) -> Outcome

  /// A batch, or why it could not be read.
  public typealias Outcome = Result<Batch, DataLoaderError>

  /// - Parameters:
  ///   - dataset: The examples.
  ///   - batchSize: Examples in a batch.
  ///   - sampler: Which examples in which order.
  ///   - seed: The first part of the key of every example's generator.
  ///   - lastBatch: What becomes of examples that do not fill a batch.
  ///   - workerCount: The threads that read; see ``workerCount``.
  ///   - prefetchCount: The most batches ahead; see ``prefetchCount``.
  ///   - transform: What happens to each example; augmentation draws from the generator.
  ///   - collate: Makes a batch of examples; see ``stackedExamples(_:)``.
  /// - Precondition: a batch size of at least 1; no negative counts.
  public init<Source: Dataset, Item>(
    _ dataset: Source, batchSize: Int, sampler: some Sampler, seed: UInt64 = 0, lastBatch: LastBatch = .kept,
    workerCount: Int = 2, prefetchCount: Int = 4,
    transform: @escaping @Sendable (Source.Element, inout PhiloxGenerator) throws -> Item,
    collate: @escaping @Sendable ([Item]) throws -> Batch
  ) {
    shapePrecondition(batchSize >= 1, "a batch has at least one example, not \(batchSize)")
    shapePrecondition(
      workerCount >= 0 && prefetchCount >= 0, "counts are not negative: \(workerCount), \(prefetchCount)")
    self.batchSize = batchSize
    self.workerCount = workerCount
    self.prefetchCount = prefetchCount
    let whole = sampler.count / batchSize
    batchCount = lastBatch == .kept && sampler.count % batchSize != 0 ? whole + 1 : whole
    indices = { sampler.indices(epoch: $0) }
    read = { epoch, batch, first, indices in
      var items: [Item] = []
      items.reserveCapacity(indices.count)
      for (place, index) in indices.enumerated() {
        do {
          var generator = PhiloxGenerator(seed: seed, stream: epoch, index: first + place)
          items.append(try transform(dataset.element(at: index), &generator))
        } catch {
          return .failure(DataLoaderError(epoch: epoch, batch: batch, index: index, underlying: error))
        }
      }
      do {
        return .success(try collate(items))
      } catch {
        return .failure(DataLoaderError(epoch: epoch, batch: batch, index: nil, underlying: error))
      }
    }
  }

  /// A loader without a transform.
  public init<Source: Dataset>(
    _ dataset: Source, batchSize: Int, sampler: some Sampler, lastBatch: LastBatch = .kept,
    workerCount: Int = 2, prefetchCount: Int = 4,
    collate: @escaping @Sendable ([Source.Element]) throws -> Batch
  ) {
    self.init(
      dataset, batchSize: batchSize, sampler: sampler, lastBatch: lastBatch, workerCount: workerCount,
      prefetchCount: prefetchCount, transform: { element, _ in element }, collate: collate)
  }

  /// The batches of an epoch from number `first` on.
  ///
  /// Leaving the loop early, or ``EpochBatches/Iterator/cancel()``, stops the reading ahead.
  ///
  /// - Precondition: `epoch` is not negative; `0 <= first <= batchCount`.
  public func batches(inEpoch epoch: Int, startingAt first: Int = 0) -> EpochBatches<Batch> {
    shapePrecondition(epoch >= 0, "an epoch is not negative: \(epoch)")
    shapePrecondition(
      first >= 0 && first <= batchCount, "batch \(first) is outside an epoch of \(batchCount)")
    let (order, size, read) = (indices(epoch), batchSize, read)
    return EpochBatches(
      range: first..<batchCount, workerCount: workerCount, prefetchCount: prefetchCount
    ) { batch in
      let start = batch * size
      return read(epoch, batch, start, order[start..<min(start + size, order.count)])
    }
  }

  /// The batches of the epoch that `position` lies in, after those that are done.
  public func batches(from position: Position) -> EpochBatches<Batch> {
    batches(inEpoch: position.epoch, startingAt: position.batch)
  }
}

/// Why a batch could not be read.
public struct DataLoaderError: Error, CustomStringConvertible {
  /// The epoch that was read.
  public let epoch: Int
  /// The number of the batch in the epoch.
  public let batch: Int
  /// The index of the example in the dataset; nil when the examples could not be put together.
  public let index: Int?
  /// What the dataset, the transform or the collation threw.
  public let underlying: any Error

  public var description: String {
    let place = index.map { "example \($0)" } ?? "the collation"
    return "epoch \(epoch), batch \(batch): \(place) failed: \(underlying)"
  }
}

/// Examples whose shapes differ, so that they do not form one tensor.
public struct ExampleShapesDiffer: Error, Hashable, CustomStringConvertible {
  /// The shape of the first example of the batch.
  public let first: TensorShape
  /// The shape of an example that differs from it.
  public let other: TensorShape

  /// Two shapes that differ.
  public init(first: TensorShape, other: TensorShape) {
    self.first = first
    self.other = other
  }

  public var description: String { "examples of shapes \(first) and \(other) do not form a batch" }
}

/// A batch of examples of one shape, side by side along a new first axis: the usual collation.
///
/// - Throws: ``ExampleShapesDiffer`` when the shapes differ.
public func stackedExamples<Scalar>(_ examples: [Tensor<Scalar>]) throws(ExampleShapesDiffer) -> Tensor<
  Scalar
> {
  for example in examples where example.shape != examples[0].shape {
    throw ExampleShapesDiffer(first: examples[0].shape, other: example.shape)
  }
  return Tensor(stacking: examples)
}
