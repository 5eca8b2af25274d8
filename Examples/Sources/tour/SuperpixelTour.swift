import Superpixel
import Tensor

func superpixelTour() throws {
  var image = Tensor<Float>(zeros: [64, 64])
  image[0..<64, 20..<64] = Tensor(ones: [64, 44])
  let superpixels = try SLIC(segmentCount: 20, compactness: 10).segment(image)  // also [H, W, C]
  let reference = LabelMap(Tensor(mask: image .> 0.5))
  let leakage = SuperpixelQuality.leakage(of: superpixels.labels, against: reference)
  print(superpixels.count, leakage.superpixels.leakedMass, leakage.regularGrid.leakedMass)
  let small = try superpixels.labels.downsampled(to: [16, 16])  // onto a feature map
  let picture = superpixels.labels.overlay(on: image)  // [64, 64, 4]
  print(small.shape, picture.shape)
}
