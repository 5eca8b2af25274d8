import ExampleSupport
import Foundation
import MedIO
import RunKit
import Tensor

/// Pictures of three planes through the middle of what was found, or of the volume where nothing was.
struct PlaneCuts {
  /// One plane: its name, and the picture with the classes in colour.
  let pictures: [(name: String, picture: Picture)]

  /// Cuts one volume of a file, which is read once more, a plane at a time.
  ///
  /// - Throws: `MedIOError`.
  init(
    _ file: URL, frame: Int = 0, classes: Volume<Int32>, classCount: Int, view: AnatomicalView,
    options: NIfTIReadOptions
  ) throws(MedIOError) {
    let reader = try NIfTISliceReader(file, options: options)
    let middle = Self.middle(of: classes.voxels)
    let lengths = classes.voxels.shape.dimensions
    var axial: Tensor<Float>?
    var (rows, columns): ([Tensor<Float>], [Tensor<Float>]) = ([], [])
    for plane in 0..<reader.depth {
      let slice = try reader.slice(Float.self, at: plane, frame: frame)
      if plane == middle[0] { axial = slice }
      rows.append(slice.selected(along: 0, at: middle[1]))
      columns.append(slice.selected(along: 1, at: middle[2]))
    }
    let images = [
      axial ?? Tensor(zeros: [lengths[1], lengths[2]]), Tensor(stacking: rows), Tensor(stacking: columns),
    ]
    let directions = classes.orientation.directions
    let isKnown = reader.affineSource != .voxelSizes
    let spacing = classes.spacing
    pictures = images.enumerated().map { axis, image in
      let (row, column) = (axis == 0 ? 1 : 0, axis == 2 ? 1 : 2)
      let name = ["sagittal", "coronal", "axial"][directions[2 - axis].axis]
      let layout =
        isKnown ? view.layout(rows: directions[2 - row], columns: directions[2 - column]) : CutLayout.unknown
      let picture = Self.picture(
        image, classes.voxels.selected(along: axis, at: middle[axis]),
        spacing: [spacing[row], spacing[column]],
        classCount: classCount)
      return (name, picture.arranged(by: layout).marked(with: layout.marks))
    }
  }

  /// The mean index of all voxels of a class along each axis, rounded.
  private static func middle(of classes: Tensor<Int32>) -> [Int] {
    let lengths = classes.shape.dimensions
    var (sums, count) = ([0, 0, 0], 0)
    classes.withUnsafeBufferPointer { values in
      for index in values.indices where values[index] != 0 {
        sums[0] += index / (lengths[1] * lengths[2])
        sums[1] += index / lengths[2] % lengths[1]
        sums[2] += index % lengths[2]
        count += 1
      }
    }
    return count > 0 ? sums.map { ($0 + count / 2) / count } : lengths.map { $0 / 2 }
  }

  /// The longest side of a picture, in pixels, of planes that are smaller.
  private static let side = 512.0

  /// A plane with square pixels, dark and bright at the percentiles 1 and 99.
  private static func picture(
    _ image: Tensor<Float>, _ classes: Tensor<Int32>, spacing: [Double], classCount: Int
  ) -> Picture {
    let lengths = image.shape.dimensions
    let extents = zip(lengths, spacing).map { Double($0) * $1 }
    let pixel = max(extents[0], extents[1]) / max(side, Double(max(lengths[0], lengths[1])))
    let size = extents.map { max(1, Int(($0 / pixel).rounded())) }
    func source(_ index: Int) -> Int {
      index / size[1] * lengths[0] / size[0] * lengths[1] + index % size[1] * lengths[1] / size[1]
    }
    let window = IntensityTransform.percentileWindow(1...99).map(fitting: image).applied(to: image)
    let (values, labels) = (window.scalars, classes.scalars)
    let count = size[0] * size[1]
    return Picture(
      image: Tensor((0..<count).map { values[source($0)] }, shape: TensorShape(size)),
      classes: Tensor((0..<count).map { labels[source($0)] }, shape: TensorShape(size)),
      classCount: classCount)
  }
}
