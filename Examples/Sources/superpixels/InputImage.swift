import ExampleSupport
import Foundation
import MedIO
import Tensor

/// The image or volume of a file.
struct InputImage {
  /// The values of the file: `[height, width, channels]` or `[depth, height, width, channels]`.
  let values: Tensor<Float>
  /// The values inside the window, 0 where they are not finite; of the same shape.
  let features: Tensor<Float>
  /// Where all values are finite; `nil` when they are everywhere.
  let mask: BinaryMask?
  /// Millimetres along plane, row and column; 1 for a PNG.
  let spacing: [Double]
  let isVolume: Bool
  /// Toward which sides of the patient the file's axes run, where it says so.
  let orientation: AnatomicalOrientation?
  /// What the user should know, one line each.
  let notes: [String]
  /// Where a NIfTI file's voxels are.
  private let reference: Volume<Float>?

  /// `[height, width]` or `[depth, height, width]`.
  var shape: TensorShape { TensorShape(Array(features.shape.dimensions.dropLast())) }
  var channels: Int { features.shape[-1] }
  /// The axis along which a volume is one voxel thick, if there is one: it is an image.
  var thinAxis: Int? { isVolume ? shape.dimensions.firstIndex(of: 1) : nil }

  init(_ path: String, window: IntensityWindow) throws {
    let file = try InputFile(path)
    // Told by content, as NIfTI's compression is.
    let source =
      try file.start(4) == Data([0x89, 0x50, 0x4e, 0x47])
      ? Self.readPNG(file.url) : Self.readNIfTI(file.url, path)
    (values, spacing, isVolume) = (source.values, source.spacing, source.isVolume)
    reference = source.reference
    orientation = source.reference.flatMap { volume in
      guard let header = volume.header, header.sformCode > 0 || header.qformCode > 0 else { return nil }
      return volume.orientation
    }
    let channels = source.values.shape[-1]
    let isPNG = source.reference == nil
    let range = values.withUnsafeBufferPointer { isPNG ? 0...255 : window.range(of: $0) }
    guard let range else { throw Self.nothingFinite(path, values.elementCount / channels) }
    var outside = 0
    var inside = [Bool](repeating: true, count: values.elementCount / channels)
    features = values.withUnsafeBufferPointer { values in
      Tensor(shape: source.values.shape) { buffer in
        for index in buffer.indices {
          let isFinite = values[index].isFinite
          buffer[index] = isFinite ? min(max(values[index], range.lowerBound), range.upperBound) : 0
          if !isFinite, inside[index / channels] {
            inside[index / channels] = false
            outside += 1
          }
        }
      }
    }
    var notes = source.notes
    if source.reference != nil, orientation == nil {
      notes.append(
        "\(path): sform_code and qform_code are 0, nobody knows which side is which; pictures are as stored")
    }
    if outside > 0 {
      notes.append("\(path): \(outside) voxels are not finite and stay without a label")
    }
    self.notes = notes
    guard outside < inside.count else { throw Self.nothingFinite(path, inside.count) }
    mask =
      outside > 0
      ? BinaryMask(Tensor(inside, shape: TensorShape(Array(source.values.shape.dimensions.dropLast())))) : nil
  }

  private static func nothingFinite(_ path: String, _ voxels: Int) -> ExampleFailure {
    ExampleFailure(.data, "\(path): none of \(voxels) voxels is finite")
  }

  private struct Source {
    var values: Tensor<Float>
    var spacing = [1.0, 1, 1]
    var isVolume = false
    var notes: [String] = []
    var reference: Volume<Float>?
  }

  private static func readPNG(_ url: URL) throws -> Source {
    let picture = try Picture(png: url)
    return Source(
      values: Tensor(
        picture.pixels.map { Float($0) }, shape: [picture.height, picture.width, picture.channels]))
  }

  private static func readNIfTI(_ url: URL, _ path: String) throws -> Source {
    do {
      let reader = try NIfTISliceReader(url)
      var planes: [Tensor<Float>] = []
      for plane in 0..<reader.depth { planes.append(try reader.slice(Float.self, at: plane)) }
      try reader.verify()
      let voxels = planes.count == 1 ? planes[0].expanded(at: 0) : Tensor(stacking: planes)
      var reference = Volume(
        voxels: voxels, affine: reader.grid.affine, componentCount: voxels.rank == 4 ? voxels.shape[3] : 1)
      reference.header = reader.header
      var source = Source(
        values: voxels.rank == 4 ? realChannels(voxels) : voxels.expanded(at: -1),
        spacing: reference.spacing.millimeters, isVolume: reader.depth > 1, reference: reference)
      if !source.isVolume { source.values = source.values[0] }
      if reader.frameCount > 1 {
        source.notes.append("\(path): holds \(reader.frameCount) volumes; volume 0 is taken")
      }
      source.notes += reader.warnings.map { "\(path): \($0)" }
      return source
    } catch {
      if error.code == .notNIfTI {
        throw ExampleFailure(.data, "\(path): neither a PNG nor a NIfTI file")
      }
      throw ExampleFailure(error)
    }
  }

  /// Complex voxels become their magnitude (3e20 + 4e20 i is 5e20, although its square is no `Float`), RGBA loses its opacity.
  private static func realChannels(_ voxels: Tensor<Float>) -> Tensor<Float> {
    let count = voxels.shape[3]
    guard count == 2 || count == 4 else { return voxels }
    let kept = count == 2 ? 1 : 3
    return voxels.withUnsafeBufferPointer { values in
      Tensor(shape: TensorShape(Array(voxels.shape.dimensions.prefix(3)) + [kept])) { buffer in
        for index in buffer.indices {
          let voxel = index / kept * count
          let (first, second) = (values[voxel], values[voxel + 1])
          buffer[index] =
            count == 2 ? Foundation.hypot(first, second) : values[voxel + index % kept]
        }
      }
    }
  }
}

extension InputImage {
  /// Writes labels on the input's grid.
  func writeLabels(_ labels: LabelMap, to url: URL) throws {
    let voxels = isVolume ? labels : LabelMap(labels.labels.expanded(at: 0))
    let volume =
      reference.map { Volume(labels: voxels, like: $0) }
      ?? Volume(voxels: voxels.labels, spacing: VoxelSpacing(plane: 1, row: 1, column: 1))
    do {
      try NIfTI.write(volume, to: url)
    } catch {
      throw ExampleFailure(.cannotCreate, error.description)
    }
  }
}
