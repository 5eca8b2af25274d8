import ExampleSupport
import Foundation
import MedIO
import Superpixel
import Tensor

/// Pictures of the boundaries: one of an image, three orthogonal ones through the middle of a volume.
struct Overlays {
  private struct Cut {
    var name: String
    /// `[height, width, channels]`.
    var image: Tensor<Float>
    var labels: Tensor<Int32>
    /// Size of a pixel along row and column.
    var spacing: [Double]
    var layout: CutLayout
  }

  private var cuts: [Cut] = []

  init(labels: LabelMap, of input: InputImage, view: AnatomicalView) {
    guard input.isVolume else {
      cuts = [
        Cut(
          name: "overlay.png", image: input.features, labels: labels.labels,
          spacing: Array(input.spacing.suffix(2)), layout: Self.layout(input, view, rows: 1, columns: 2))
      ]
      return
    }
    // The axis that is cut; a volume one voxel thick is an image, whichever axis that is.
    let axes = input.thinAxis.map { [$0] } ?? [0, 1, 2]
    for axis in axes {
      let (rows, columns) = (axis == 0 ? 1 : 0, axis == 2 ? 1 : 2)
      let name = input.thinAxis == nil ? "overlay_\(Self.plane(input, axis)).png" : "overlay.png"
      cuts.append(
        Cut(
          name: name, image: Self.middle(input.features, axis, input, channels: input.channels),
          labels: Self.middle(labels.labels.expanded(at: -1), axis, input, channels: 1).squeezed(at: -1),
          spacing: [input.spacing[rows], input.spacing[columns]],
          layout: Self.layout(input, view, rows: rows, columns: columns)))
    }
  }

  /// Writes the pictures and returns their names.
  func write(to folder: URL) throws -> [String] {
    for cut in cuts { try Self.picture(cut).writePNG(to: folder.appending(path: cut.name)) }
    return cuts.map(\.name)
  }

  /// The anatomical plane that remains when an axis (0 plane, 1 row, 2 column) is cut; without a known orientation, that of
  /// a volume whose planes are axial.
  private static func plane(_ input: InputImage, _ axis: Int) -> String {
    let side = input.orientation?.directions[2 - axis].axis ?? 2 - axis
    return ["sagittal", "coronal", "axial"][side]
  }

  private static func layout(_ input: InputImage, _ view: AnatomicalView, rows: Int, columns: Int)
    -> CutLayout
  {
    guard let directions = input.orientation?.directions else { return .unknown }
    return view.layout(rows: directions[2 - rows], columns: directions[2 - columns])
  }

  /// The slice in the middle of an axis, of two the one toward the right, the front or the top: `[depth, height, width, channels]` to `[rows, columns, channels]`.
  private static func middle<Scalar: TensorScalar>(
    _ volume: Tensor<Scalar>, _ axis: Int, _ input: InputImage, channels: Int
  ) -> Tensor<Scalar> {
    let (lengths, strides) = (volume.shape.dimensions, volume.shape.strides)
    let (rows, columns) = (axis == 0 ? 1 : 0, axis == 2 ? 1 : 2)
    let runsBack = (input.orientation?.directions[2 - axis].sign ?? 1) < 0
    let start = (runsBack ? (lengths[axis] - 1) / 2 : lengths[axis] / 2) * strides[axis]
    return volume.withUnsafeBufferPointer { values in
      Tensor(shape: [lengths[rows], lengths[columns], channels]) { buffer in
        for index in buffer.indices {
          let pixel = index / channels
          buffer[index] =
            values[
              start + pixel / lengths[columns] * strides[rows] + pixel % lengths[columns] * strides[columns]
                + index % channels]
        }
      }
    }
  }

  /// The cut with square pixels, small ones enlarged, and boundaries one pixel of the picture wide.
  private static func picture(_ cut: Cut) -> Picture {
    let lengths = cut.labels.shape.dimensions
    let channels = cut.image.shape[2]
    let extents = zip(lengths, cut.spacing).map { Double($0) * $1 }
    let longest = max(512, lengths.max() ?? 1)
    let scale = Double(longest) / max(extents[0], extents[1])
    let isSquare = cut.spacing[0] == cut.spacing[1]
    let size = zip(lengths, extents).map { length, extent in
      // Square pixels are repeated a whole number of times.
      isSquare ? length * max(1, 512 / (lengths.max() ?? 1)) : max(1, Int((extent * scale).rounded()))
    }
    func source(_ pixel: Int) -> Int {
      pixel / size[1] * lengths[0] / size[0] * lengths[1] + pixel % size[1] * lengths[1] / size[1]
    }
    let image = cut.image.withUnsafeBufferPointer { values in
      Tensor<Float>(shape: TensorShape(size + [channels])) { buffer in
        for index in buffer.indices {
          buffer[index] = values[source(index / channels) * channels + index % channels]
        }
      }
    }
    let labels = cut.labels.withUnsafeBufferPointer { values in
      Tensor<Int32>(shape: TensorShape(size)) { buffer in
        for index in buffer.indices { buffer[index] = values[source(index)] }
      }
    }
    let overlay = LabelMap(labels).overlay(on: image)
    return Picture(width: size[1], height: size[0], channels: 4, pixels: overlay.scalars)
      .arranged(by: cut.layout).marked(with: cut.layout.marks)
  }
}
