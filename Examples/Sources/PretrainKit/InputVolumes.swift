import ExampleSupport
import Foundation
import MedIO
import RunKit
import Tensor

/// The NIfTI files that were named, those of folders included.
struct InputVolumes {
  private static let extensions = [".nii", ".nii.gz", ".hdr", ".hdr.gz"]

  /// In the order of the command line; those of a folder, and of the folders in it, by path.
  let files: [URL]

  /// - Throws: ``ExampleFailure``: a path that names nothing, or a folder without such files (66); a file twice (64).
  init(_ paths: [String]) throws(ExampleFailure) {
    var files: [URL] = []
    for path in paths {
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        files += try Self.files(in: path)
      } else {
        files.append(try InputFile(path).url)
      }
    }
    var known: Set<String> = []
    for file in files where !known.insert(file.standardizedFileURL.resolvingSymlinksInPath().path).inserted {
      throw ExampleFailure(.usage, "--images: \(file.path) is named twice")
    }
    self.files = files
  }

  private static func files(in path: String) throws(ExampleFailure) -> [URL] {
    let folder = URL(filePath: path, directoryHint: .isDirectory)
    let walker = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: [.isRegularFileKey], options: .skipsHiddenFiles)
    var found: [URL] = []
    while let url = walker?.nextObject() as? URL {
      if extensions.contains(where: url.lastPathComponent.hasSuffix) { found.append(url) }
    }
    guard !found.isEmpty else {
      throw ExampleFailure(.noInput, "\(path): a folder without \(extensions.joined(separator: ", "))")
    }
    return found.sorted { $0.path < $1.path }
  }

  /// The volumes to slice, each a case of its own. Those of files that hold several are written to a folder one by one.
  ///
  /// - Throws: ``ExampleFailure``: a file that cannot be read (66) or is broken (65), that holds several volumes where these
  ///   are refused, or several numbers a voxel (65); ``Interruption``.
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

  private static func name(of file: URL) -> String {
    let name = file.lastPathComponent
    let ending = extensions.filter(name.hasSuffix).max { $0.count < $1.count } ?? ""
    return String(name.dropLast(ending.count))
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
