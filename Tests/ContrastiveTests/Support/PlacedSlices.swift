import Contrastive
import NN
import Tensor

/// Slices of noise with a disk that grows along the volume, of so many volumes: each slice knows its volume and its position.
func placedSlices(volumes: Int, slices: Int, side: Int = 40) -> [PretrainingImage] {
  (0..<volumes * slices).map { index in
    let (volume, slice) = (index / slices, index % slices)
    var generator = RandomKey(seed: 17).at(place: index).generator
    var image = Tensor<Float>(
      normalWithMean: 0, standardDeviation: 0.3, shape: [side, side, 1], using: &generator)
    let radius = 3 + 12 * slice / slices
    image.withUnsafeMutableBufferPointer { pixels in
      for y in 0..<side {
        for x in 0..<side
        where (y - side / 2) * (y - side / 2) + (x - side / 2) * (x - side / 2) < radius * radius {
          pixels[y * side + x] += 2
        }
      }
    }
    return PretrainingImage(image, position: Double(slice + 1) / Double(slices), volume: volume)
  }
}

/// Volumes `[16, 16, 16, 1]` for encoders of three axes.
func testVolumes(_ count: Int) -> Tensor<Float> {
  var generator = RandomKey(seed: 23).generator
  return Tensor(normalWithMean: 0, standardDeviation: 1, shape: [count, 16, 16, 16, 1], using: &generator)
}

/// A U-Net encoder of volumes with two halvings.
let volumeEncoder = EncoderBlueprint.unet3D(UNetConfiguration(widths: [3, 4, 6]))
