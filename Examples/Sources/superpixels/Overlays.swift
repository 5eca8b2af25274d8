import ExampleSupport
import Foundation
import Superpixel
import Tensor

/// Pictures of the boundaries: one of an image, three orthogonal ones through the middle of a volume.
struct Overlays {
  private struct View {
    var name: String
    /// `[height, width, channels]`.
    var image: Tensor<Float>
    var labels: Tensor<Int32>
    /// Size of a pixel along row and column.
    var spacing: [Double]
    var isUpsideDown: Bool
  }

  private var views: [View] = []

  init(labels: LabelMap, of input: InputImage) {
    guard input.isVolume else {
      views = [
        View(
          name: "overlay.png", image: input.features, labels: labels.labels,
          spacing: Array(input.spacing.suffix(2)), isUpsideDown: false)
      ]
      return
    }
    let channels = input.channels
    let plain = channels == 1 ? input.features.reshaped(input.shape.dimensions) : input.features
    let (image, spacing) = input.reoriented(plain, channels: channels)
    let map = input.reoriented(labels.labels).voxels
    let lengths = map.shape.dimensions
    // The axis that is cut, and the two that remain as rows and columns.
    for (name, axis) in [("axial", 0), ("coronal", 1), ("sagittal", 2)] {
      let (rows, columns) = (axis == 0 ? 1 : 0, axis == 2 ? 1 : 2)
      let strides = map.shape.strides
      let start = lengths[axis] / 2 * strides[axis]
      func place(_ pixel: Int) -> Int {
        start + pixel / lengths[columns] * strides[rows] + pixel % lengths[columns] * strides[columns]
      }
      let shape = [lengths[rows], lengths[columns]]
      views.append(
        View(
          name: "overlay_\(name).png",
          image: image.withUnsafeBufferPointer { values in
            Tensor(shape: TensorShape(shape + [channels])) { buffer in
              for index in buffer.indices {
                buffer[index] = values[place(index / channels) * channels + index % channels]
              }
            }
          },
          labels: map.withUnsafeBufferPointer { values in
            Tensor(shape: TensorShape(shape)) { buffer in
              for index in buffer.indices { buffer[index] = values[place(index)] }
            }
          },
          spacing: [spacing[rows], spacing[columns]], isUpsideDown: true))
    }
  }

  /// Writes the pictures and returns their names.
  func write(to folder: URL) throws -> [String] {
    for view in views { try Self.picture(view).writePNG(to: folder.appending(path: view.name)) }
    return views.map(\.name)
  }

  /// The view with square pixels, small ones enlarged, and boundaries one pixel of the picture wide.
  private static func picture(_ view: View) -> Picture {
    let lengths = view.labels.shape.dimensions
    let channels = view.image.shape[2]
    let extents = zip(lengths, view.spacing).map { Double($0) * $1 }
    let longest = max(512, lengths.max() ?? 1)
    let scale = Double(longest) / max(extents[0], extents[1])
    let isSquare = view.spacing[0] == view.spacing[1]
    let size = zip(lengths, extents).map { length, extent in
      // Square pixels are repeated a whole number of times.
      isSquare ? length * max(1, 512 / (lengths.max() ?? 1)) : max(1, Int((extent * scale).rounded()))
    }
    func source(_ pixel: Int) -> Int {
      let row = view.isUpsideDown ? size[0] - 1 - pixel / size[1] : pixel / size[1]
      return row * lengths[0] / size[0] * lengths[1] + pixel % size[1] * lengths[1] / size[1]
    }
    let image = view.image.withUnsafeBufferPointer { values in
      Tensor<Float>(shape: TensorShape(size + [channels])) { buffer in
        for index in buffer.indices {
          buffer[index] = values[source(index / channels) * channels + index % channels]
        }
      }
    }
    let labels = view.labels.withUnsafeBufferPointer { values in
      Tensor<Int32>(shape: TensorShape(size)) { buffer in
        for index in buffer.indices { buffer[index] = values[source(index)] }
      }
    }
    let overlay = LabelMap(labels).overlay(on: image)
    return Picture(width: size[1], height: size[0], channels: 4, pixels: overlay.scalars)
  }
}
