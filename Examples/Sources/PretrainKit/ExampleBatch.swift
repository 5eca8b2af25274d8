import Contrastive
import NN
import Tensor

/// Some images that a method makes views of: a batch of its own order where it has one, any others where it has none.
struct ExampleBatch {
  /// Their indices among the examples.
  let indices: [Int]
  let images: [PretrainingImage]

  /// The first batch of the method's order, or `count` examples at even distances.
  ///
  /// - Throws: `PretrainingError`: examples that the method cannot order.
  init(_ method: some PublishedMethod, _ examples: some Dataset<PretrainingImage>, count: Int) throws {
    if let order = try method.sampler(over: examples)?.indices(epoch: 0) {
      indices = Array(order.prefix(method.recipe.batchSize))
    } else {
      indices = Set((1...count).map { $0 * examples.count / (count + 1) }).sorted()
    }
    images = try indices.map { try examples.element(at: $0) }
  }

  /// Up to so many places of the batch, at even distances.
  func places(_ count: Int) -> [Int] {
    let shown = min(count, indices.count)
    return (0..<shown).map { (2 * $0 + 1) * indices.count / (2 * shown) }
  }
}
