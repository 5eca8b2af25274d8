// A pre-training method of one's own: its loss has the gradients of finite differences, it trains in the library's loop,
// and stopped twice and resumed it ends in the bits of a training that never stopped: checkpoint and log, byte by byte.
import Autograd
import Contrastive
import Foundation
import NN
import Tensor

typealias Loop = TrainingLoop<PretrainingTask<TeacherContrast>>

/// Disks of random place and size in noise.
func images(count: Int, side: Int) -> [PretrainingImage] {
  (0..<count).map { index in
    var generator = RandomKey(seed: 11).stream(for: "disks").at(place: index).generator
    let noise = Tensor<Float>(
      normalWithMean: 0, standardDeviation: 0.1, shape: [side, side, 1], using: &generator)
    let (row, column, radius) = (index * 5 % side, index * 9 % side, 3 + index % 7)
    var disk = [Float](repeating: 0, count: side * side)
    for y in 0..<side {
      for x in 0..<side where (y - row) * (y - row) + (x - column) * (x - column) < radius * radius {
        disk[y * side + x] = 1
      }
    }
    return PretrainingImage(noise + Tensor(disk, shape: [side, side, 1]))
  }
}

func newLoop(_ method: TeacherContrast = TeacherContrast()) throws -> Loop {
  let task = try PretrainingTask(method, encoder: .unet(width: 4))
  return try TrainingLoop(task, on: images(count: 10, side: 32))
}

let folder = FileManager.default.temporaryDirectory.appending(path: "own-method-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

var generator = PhiloxGenerator(seed: 1)
let rows = (0..<2).map { _ in
  Tensor<Double>(normalWithMean: 0, standardDeviation: 1, shape: [5, 4], using: &generator)
}
let check = GradientCheck().run(at: rows, using: &generator) { matchingLoss($0[0], $0[1], temperature: 0.2) }
precondition(check.passes, "\(check)")

let whole = CheckpointPolicy(folder.appending(path: "whole.safetensors"), everySteps: 1)
let unbroken = try newLoop()
let learner = unbroken.task.learner
let first = learner.student.parameters.map(\.value)
let end = try unbroken.run(checkpoint: whole)
precondition(end == .finished, "the unbroken training ended: \(end)")
let (student, teacher) = (learner.student.parameters.map(\.value), learner.teacher.parameters.map(\.value))
precondition(
  student != first && teacher != first && teacher != student, "student and teacher did not both move")

let parts = CheckpointPolicy(folder.appending(path: "parts.safetensors"), everySteps: 1)
for stop in [2, 3, 6] {
  let loop = try newLoop()
  if stop > 2 { try loop.resume(from: parts.url) }
  let end = try loop.run(checkpoint: parts) { $0.step == stop && stop < 6 ? .stop : .proceed }
  precondition(loop.step == stop && end == (stop < 6 ? .stopped : .finished), "step \(loop.step): \(end)")
}
for (one, other) in [(whole.url, parts.url), (whole.logURL, parts.logURL)] {
  let bytes = try [one, other].map { try Data(contentsOf: $0) }
  precondition(bytes[0] == bytes[1], "\(other.lastPathComponent) has other bytes than unbroken")
}

var other = TeacherContrast()
other.momentum = 0.8
do {
  try newLoop(other).resume(from: parts.url)
  preconditionFailure("a method of other numbers went on from the checkpoint")
} catch let error as CheckpointError {
  precondition(error.context.contains("settings.values.momentum"), "\(error)")
}
print("own method \(TeacherContrast.name): stopped twice and resumed, the same bits; \(check)")
