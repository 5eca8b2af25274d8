// An encoder of one's own, of another shape than the U-Net's: SuperCL, MoCo and SwAV pre-train it, its file has its names,
// and another copy reads it.
import Autograd
import Contrastive
import Foundation
import NN
import Tensor

/// Squares of random brightness in noise.
func images(count: Int, side: Int) -> [PretrainingImage] {
  (0..<count).map { index in
    var generator = RandomKey(seed: 3).stream(for: "squares").at(place: index).generator
    let noise = Tensor<Float>(
      normalWithMean: 0, standardDeviation: 0.05, shape: [side, side, 1], using: &generator)
    let pixels = (0..<side * side).map { pixel in
      Float((pixel / side / 8 + pixel % side / 8 + index) % 4) / 4
    }
    return PretrainingImage(
      noise + Tensor(pixels, shape: [side, side, 1]), position: Double(index + 1) / Double(count))
  }
}

let widths = ResidualEncoder.Widths()
let blueprint = EncoderBlueprint("residual", settings: widths) { ResidualEncoder(widths, using: &$0) }
let folder = FileManager.default.temporaryDirectory.appending(path: "own-encoder-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

/// Trains the encoder by a method, saves it, and reads it into a copy with other weights: features and file are the same.
///
/// - Returns: What the training told at its start.
@discardableResult
func pretrain(
  _ method: some PretrainingMethod, in folder: URL, _ blueprint: EncoderBlueprint
) throws -> [String] {
  let name = type(of: method).name
  let data = images(count: 8, side: 32)
  let task = try PretrainingTask(method, encoder: blueprint)
  let before = try task.encoder.state().data()
  let loop = try TrainingLoop(task, on: data)
  var notes: [String] = []
  let end = try loop.run {
    notes += $0.notes
    return .proceed
  }
  precondition(end == .finished && loop.step == method.recipe.steps, "\(name) ended: \(end)")
  let url = folder.appending(path: "\(name).safetensors")
  try task.encoder.save(to: url)
  let after = try Data(contentsOf: url)
  precondition(after != before, "\(name) did not train the encoder")
  var generator = PhiloxGenerator(seed: 99)
  let copy = blueprint.makeEncoder(using: &generator)
  let report = try copy.load(from: url)
  precondition(report.isComplete && report.loaded.contains("fine.0.0.weight"), "\(name): \(report)")
  let image = Variable(data[0].image.expanded(at: 0))
  let features = [task.encoder, copy].map { encoder in
    encoder.withMode(.evaluation) { encoder(image).map(\.value) }
  }
  precondition(features[0] == features[1], "\(name): the copy gives other features")
  precondition(features[0].map(\.shape) == [[1, 16, 16, 6], [1, 8, 8, 10]], "\(features[0].map(\.shape))")
  print((["own encoder by \(name)"] + notes).joined(separator: "; "))
  return notes
}

var superCL = SuperCL(patchSize: 32, steps: 3, batchSize: 4)
let notes = try pretrain(superCL, in: folder, blueprint)
precondition(notes.first?.contains("stage 0 (1/2) of patches of 32 px: 256 pixels") == true, "\(notes)")

var moCo = MoCo(queueLength: 8, momentum: 0.9)
moCo.recipe = TrainingRecipe(steps: 3, batchSize: 4)
(moCo.queryGroups, moCo.keyGroups) = (2, 2)
moCo.views = .crops(MultiCrop([.init(count: 2, size: 16, area: 0.3...1)], intensity: .moCo))
try pretrain(moCo, in: folder, blueprint)

var swAV = SwAV.small
swAV.recipe = TrainingRecipe(steps: 3, batchSize: 4)
(swAV.prototypeCount, swAV.frozenSteps, swAV.hiddenFeatures) = (6, 1, 16)
swAV.views = .crops(
  MultiCrop(
    [.init(count: 2, size: 16, area: 0.3...1), .init(count: 2, size: 8, area: 0.1...0.3)], intensity: .moCo))
try pretrain(swAV, in: folder, blueprint)

// A patch that the strides do not divide is refused before anything is trained.
superCL.patchSize = 30
do {
  _ = try PretrainingTask(superCL, encoder: blueprint)
  preconditionFailure("patches of 30 pixels fit strides of 4")
} catch let error as PretrainingError {
  precondition("\(error)".contains("multiple of 4"), "\(error)")
}
