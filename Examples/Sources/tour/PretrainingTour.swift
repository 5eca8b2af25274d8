import Contrastive
import Foundation
import MedIO
import NN
import Superpixel
import Tensor

func pretrainingTour() throws {
  let ct = try NIfTI.read(Float.self, from: URL(filePath: "ct.nii.gz")).reoriented(to: .ras)  // in HU
  let slices = (0..<ct.depth).map { index in
    PretrainingImage(
      ((ct.voxels[index] + 160) / 400).clamped(to: 0...1).expanded(at: -1),  // [height, width, 1]
      position: InstancePositives.position(slice: index, of: ct.depth))
  }
  var configuration = SuperCLConfiguration()  // the method, for patches of 512
  configuration.patchSize = 128
  configuration.intraLevel = .stage(3)  // 16 x 16 pixels; the bottleneck has 8 x 8
  configuration.slic.segmentCount = .fixed(40)  // so that each superpixel has six of them
  var generator = PhiloxGenerator(seed: 1234)
  let network = SuperCLNetwork<Float>(using: &generator)
  let pretrainer = try SuperCLPretrainer(network, configuration)
  try pretrainer.train(on: slices) { progress in
    print(progress)  // step, loss and its terms, images/s, time left
    return tourControl(progress)
  }
  try network.save(to: URL(filePath: "encoder.safetensors"))  // PyTorch's names and order
  print(pretrainer.warnings)  // [:] when nothing went wrong
}
