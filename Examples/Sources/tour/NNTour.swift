import Foundation
import NN
import Tensor

func networkTour() throws {
  let image = Tensor<Float>(arange: 0, to: 32 * 32).reshaped(32, 32, 1) / 1024
  let slices = [LabeledImage(image: image, labels: Tensor(mask: image .> 0.5).squeezed(at: -1))]
  var generator = PhiloxGenerator(seed: 1234)
  let network = UNet<Float>(UNetConfiguration(width: 8), classCount: 2, using: &generator)
  let task = SegmentationTask(network, classCount: 2, recipe: TrainingRecipe(steps: 20, batchSize: 2))
  try TrainingLoop(task, on: slices).run { progress in
    print(progress)  // step, loss, images/s, time left
    return .proceed
  }
  let labels = try network.predictedLabels(image.expanded(at: 0))  // [1, 32, 32]
  try network.save(to: URL(filePath: "unet.safetensors"))  // PyTorch's axis order
  print(labels.shape, network.summary())
}
