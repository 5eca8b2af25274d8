package import ExampleSupport
package import Foundation

/// The NIfTI files that were named, those of folders included.
package struct InputVolumes: Sendable {
  private static let extensions = [".nii", ".nii.gz", ".hdr", ".hdr.gz"]

  /// In the order of the command line; those of a folder, and of the folders in it, by path.
  package let files: [URL]

  /// - Parameters:
  ///   - paths: Files and folders.
  ///   - option: Where on the command line they were named.
  /// - Throws: ``ExampleFailure``: a path that names nothing, or a folder without such files (66); a file twice (64).
  package init(_ paths: [String], option: String = "--images") throws(ExampleFailure) {
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
      throw ExampleFailure(.usage, "\(option): \(file.path) is named twice")
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

  /// A file's name without its ending.
  package static func name(of file: URL) -> String {
    let name = file.lastPathComponent
    let ending = extensions.filter(name.hasSuffix).max { $0.count < $1.count } ?? ""
    return String(name.dropLast(ending.count))
  }
}
