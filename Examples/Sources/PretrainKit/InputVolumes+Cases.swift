import ExampleSupport
import Foundation
import MedIO
import RunKit
import Tensor

extension InputVolumes {
  /// The volumes to slice, each a case of its own. Those of files that hold several are written to a folder one by one.
  ///
  /// - Throws: ``ExampleFailure``: a file that cannot be read (66) or is broken (65), that holds several volumes where these
  ///   are refused, or several numbers a voxel, or does not say how large a voxel is where that matters (65); ``Interruption``.
  func cases(
    _ request: PretrainRequest, framesIn folder: URL, progress: RunProgress
  ) throws -> (cases: [VolumeCase], notes: [String]) {
    var cases: [VolumeCase] = []
    var notes: [String] = []
    for file in files {
      try progress.checkInterruption()
      do throws(MedIOError) {
        let information = try NIfTI.readInformation(from: file)
        guard information.datatype.componentCount == 1 else {
          throw MedIOError(
            .unsupportedDatatype, path: file.path,
            context:
              "\(information.datatype.componentCount) numbers a voxel (color or complex); one is wanted")
        }
        // Slices are pixels unless they are resampled; volumes turn, bend and are cut in millimetres.
        if request.dimensions == 3 || request.spacing != nil {
          try information.requireVoxelSize(path: file.path)
        }
        if information.affineSource == .voxelSizes, request.plane != .stored {
          notes.append(
            "\(file.path): no form says which side is which; that its planes are axial is assumed (--plane stored: as they lie)"
          )
        }
        let count = information.shape.dimensions.dropLast(3).reduce(1, *)
        let name = Self.name(of: file)
        switch (count, request.frames) {
        case (1, _):
          cases.append(VolumeCase(identifier: name, key: cases.count, images: [file], labels: nil))
        case (_, .refused):
          throw MedIOError(
            .badDimensions, path: file.path,
            context:
              "holds \(count) volumes, dim = \(information.header.dim); --frames first takes the first, "
              + "--frames each all of them")
        case (_, .first), (_, .each):
          let frames = request.frames == .first ? 0..<1 : 0..<count
          for frame in frames {
            let url = folder.appending(path: "\(cases.count)-\(name)-volume\(frame).nii")
            notes += try Self.extract(frame, of: file, to: url, request).map { "\(file.path): \($0)" }
            cases.append(
              VolumeCase(identifier: "\(name) \(frame)", key: cases.count, images: [url], labels: nil))
          }
        }
      } catch {
        throw ExampleFailure(error)
      }
    }
    return (cases, notes)
  }

  /// Writes one volume of a file, unless an earlier run has.
  private static func extract(
    _ frame: Int, of file: URL, to url: URL, _ request: PretrainRequest
  ) throws(MedIOError) -> [MedIOWarning] {
    let options = NIfTIReadOptions(nonFinite: request.nonFinite == .refused ? .refuse : .keep)
    let reader = try NIfTISliceReader(file, options: options)
    if FileManager.default.fileExists(atPath: url.path) { return reader.warnings }
    var planes: [Tensor<Float>] = []
    for plane in 0..<reader.depth { planes.append(try reader.slice(Float.self, at: plane, frame: frame)) }
    try reader.verify()
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw MedIOError(.writeFailed, path: url.deletingLastPathComponent().path, context: "cannot be made")
    }
    try NIfTI.write(Volume(voxels: Tensor(stacking: planes), affine: reader.grid.affine), to: url)
    return reader.warnings
  }
}
