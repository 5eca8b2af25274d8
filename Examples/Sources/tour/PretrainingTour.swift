import Contrastive
import Foundation
import MedIO
import NN
import Tensor

func pretrainingTour() throws {
  let ct = try NIfTI.read(Float.self, from: URL(filePath: "ct.nii.gz")).reoriented(to: .ras)  // in HU
  let slices = (0..<ct.depth).map { index in
    PretrainingImage(
      ((ct.voxels[index] + 160) / 400).clamped(to: 0...1).expanded(at: -1),  // [height, width, 1]
      position: InstancePositives.position(slice: index, of: ct.depth))
  }
  let task = try PretrainingTask(SuperCL(patchSize: 128), encoder: .unet(width: 32))
  let loop = try TrainingLoop(task, on: slices)
  try loop.run { progress in
    print(progress)  // step, loss and its terms, images/s, time left
    return tourControl(progress)
  }
  try task.encoder.save(to: URL(filePath: "encoder.safetensors"))  // PyTorch's axis order
  print(loop.warningCounts)  // [:] when nothing went wrong
}
