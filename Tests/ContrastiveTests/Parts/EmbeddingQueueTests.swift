import Contrastive
import NN
import Tensor
import TestSupport
import Testing

@Suite struct EmbeddingQueueTests {
  private func rows(_ values: [Float]) -> Tensor<Float> {
    Tensor(values.map { [$0, -$0] }.flatMap { $0 }, shape: [values.count, 2])
  }

  @Test func newRowsOverwriteTheOldestByHand() throws {
    let queue = EmbeddingQueue<Float>(length: 4, features: 2)
    #expect(queue.rows.value == rows([0, 0, 0, 0]) && !queue.isFull)
    try queue.enqueue(rows([1, 2]))
    #expect(queue.rows.value == rows([1, 2, 0, 0]) && queue.nextSlot == 2 && !queue.isFull)
    try queue.enqueue(rows([3, 4]))
    #expect(queue.rows.value == rows([1, 2, 3, 4]) && queue.nextSlot == 0 && queue.isFull)
    try queue.enqueue(rows([5, 6]))
    #expect(queue.rows.value == rows([5, 6, 3, 4]) && queue.enqueuedCount == 6)
    try queue.enqueue(rows([7, 8, 9, 10]))
    #expect(queue.rows.value == rows([9, 10, 7, 8]) && queue.nextSlot == 2)
  }

  @Test func randomRowsHaveLengthOneAndPointEverywhere() {
    var generator = SplitMix64(seed: 5)
    let queue = EmbeddingQueue<Double>(length: 500, features: 8, randomUsing: &generator)
    let rows = queue.rows.value
    #expect(rows.norm(along: 1).maximumAbsoluteDifference(to: Tensor(ones: [500])) <= 1e-12)
    // The mean of 500 random directions has a length of about 1 / sqrt(500).
    #expect(rows.mean(along: 0).euclideanNorm < 0.15)
  }

  @Test func rowsThatDoNotDivideAreRefused() {
    let queue = EmbeddingQueue<Float>(length: 4, features: 2)
    let before = queue.rows.value
    #expect(throws: PretrainingError(.queueDoesNotDivide(length: 4, rows: 3))) {
      try queue.enqueue(rows([1, 2, 3]))
    }
    #expect(throws: PretrainingError(.queueDoesNotDivide(length: 4, rows: 0))) {
      try queue.enqueue(Tensor(zeros: [0, 2]))
    }
    #expect(throws: PretrainingError(.queueDoesNotDivide(length: 4, rows: 8))) {
      try queue.enqueue(Tensor(zeros: [8, 2]))
    }
    #expect(throws: PretrainingError(.otherFeatures(queue: [4, 2], rows: [2, 3]))) {
      try queue.enqueue(Tensor(zeros: [2, 3]))
    }
    #expect(queue.rows.value == before && queue.enqueuedCount == 0)
  }

  @Test func aLoadedQueueGoesOnWhereItWas() throws {
    let (first, second) = (
      EmbeddingQueue<Float>(length: 4, features: 2), EmbeddingQueue<Float>(length: 4, features: 2)
    )
    try first.enqueue(rows([1, 2]))
    try second.load(first.state())
    for queue in [first, second] { try queue.enqueue(rows([3])) }
    #expect(second.rows.value == rows([1, 2, 3, 0]))
    #expect(haveSameState(first, second))
  }
}
