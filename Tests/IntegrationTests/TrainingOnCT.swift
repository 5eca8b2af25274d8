import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// Trains a small preset on slices of the kept CT: 20 steps, 200 with `Tests/run.sh --full`.
///
/// Of 200 the mean of a term over the last 20 is below that of the first 20, and embeddings are spread: a spread of .5 at least
/// (1: everywhere, 0: all equal). Stopped in the middle and resumed by new objects, the training ends in the same bits.
///
/// - Parameters:
///   - method: A preset; its number of steps is replaced.
///   - images: The slices.
///   - term: What must fall.
///   - warmUp: Steps at the start that do not count: those of an unfilled queue, and of what is frozen.
///   - earlySpread: The least spread that 20 steps leave, above 0 in any case.
///   - weights: Of the encoder to start from; its own first weights where `nil`.
@discardableResult
func expectLearning<Method: PublishedMethod>(
  _ method: Method, on images: some Dataset<PretrainingImage>, term: String = "loss", after warmUp: Int = 0,
  earlySpread: Double = 0, startingFrom weights: Safetensors? = nil
) throws -> PretrainingTask<Method> {
  let steps = trainsInFull ? 200 : 20
  var method = method
  method.recipe.steps = steps
  func makeTask() throws -> PretrainingTask<Method> {
    let task = try PretrainingTask(method, encoder: .unet(width: 8))
    if let weights { try task.encoder.load(weights) }
    return task
  }
  let task = try makeTask()
  var history: [[LossTerm]] = []
  try TrainingLoop(task, on: images).run {
    history.append($0.terms)
    return .proceed
  }
  func mean(_ name: String, _ part: some Collection<[LossTerm]>) -> Double {
    part.reduce(0) { sum, terms in sum + (terms.first { $0.name == name }?.value ?? .nan) }
      / Double(part.count)
  }
  let window = trainsInFull ? 20 : 5
  let first = mean(term, history.dropFirst(warmUp).prefix(window))
  let last = mean(term, history.suffix(window))
  let spread = mean("spread", history.suffix(window))
  let summary = "\(Method.name): \(term) \(first) -> \(last), spread \(spread)"
  print(summary)
  #expect(first.isFinite && last.isFinite, "\(summary)")
  #expect(history.joined().allSatisfy { $0.value.isFinite }, "\(summary)")
  #expect(spread > 0 && spread >= (trainsInFull ? 0.5 : earlySpread), "\(summary)")
  if trainsInFull { #expect(last < first, "\(summary)") }

  let url = FileManager.default.temporaryDirectory.appending(path: "training-\(UUID().uuidString)")
  defer {
    for file in [url, CheckpointPolicy(url, everySteps: 1).logURL] {
      try? FileManager.default.removeItem(at: file)
    }
  }
  let stopped = try TrainingLoop(makeTask(), on: images)
  try stopped.run(checkpoint: CheckpointPolicy(url, everySteps: steps)) {
    $0.step == steps / 2 ? .stop : .proceed
  }
  let resumed = try makeTask()
  let loop = try TrainingLoop(resumed, on: images)
  try loop.resume(from: url)
  #expect(loop.step == steps / 2)
  try loop.run()
  #expect(try resumed.learner.state().data() == task.learner.state().data(), "\(Method.name) resumed")
  return task
}

/// Every slice of the kept CT as one volume, with its neighbours.
func neighboringKeptSlices() throws -> NeighboringSlices<ArrayDataset<PretrainingImage>> {
  try NeighboringSlices(
    keptSlices().map { PretrainingImage($0.image, position: $0.position, volume: 0) })
}
