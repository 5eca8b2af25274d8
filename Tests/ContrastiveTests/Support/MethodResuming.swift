import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// A file for a checkpoint of its own.
func temporaryCheckpoint() -> URL {
  FileManager.default.temporaryDirectory.appendingPathComponent("method-\(UUID().uuidString).safetensors")
}

/// Six steps in one go, and three, a stop, a new process's objects, and three more.
func expectResumesBitForBit<Method: PretrainingMethod>(
  _ method: Method, encoder: EncoderBlueprint = .unet(width: 4),
  on images: some Dataset<PretrainingImage> = ArrayDataset(testSlices(10))
) throws {
  let url = temporaryCheckpoint()
  defer {
    for file in [url, CheckpointPolicy(url, everySteps: 1).logURL] {
      try? FileManager.default.removeItem(at: file)
    }
  }
  let whole = try PretrainingTask(method, encoder: encoder)
  let start = whole.learner.state().entries
  var losses: [Double] = []
  try TrainingLoop(whole, on: images).run {
    losses.append($0.terms[0].value)
    return .proceed
  }
  #expect(losses.count == 6 && losses.allSatisfy(\.isFinite))
  #expect(whole.learner.state().entries != start)

  let first = try TrainingLoop(PretrainingTask(method, encoder: encoder), on: images)
  try first.run(checkpoint: CheckpointPolicy(url, everySteps: 100)) { $0.step == 3 ? .stop : .proceed }
  let task = try PretrainingTask(method, encoder: encoder)
  let second = try TrainingLoop(task, on: images)
  try second.resume(from: url)
  #expect(second.step == 3)
  try second.run()
  #expect(haveSameState(task.learner, whole.learner))
}
