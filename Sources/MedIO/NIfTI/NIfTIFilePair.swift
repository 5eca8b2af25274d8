import Foundation

/// Which files belong to a name: `.nii` and `.nii.gz` hold everything, `.hdr` and `.img` (either may end in
/// `.gz`) share it.
struct NIfTIFilePair {
  let headerPath: String
  /// The file of the voxels; the same as `headerPath` for a single file.
  let dataPath: String
  var isPair: Bool { headerPath != dataPath }

  /// The files to read for a name.
  init(reading path: String) throws(MedIOError) {
    guard let (stem, kind) = Self.split(path) else {
      (headerPath, dataPath) = (path, path)
      return
    }
    let partnerKind = kind == "hdr" ? "img" : "hdr"
    let partners = [stem + "." + partnerKind, stem + "." + partnerKind + ".gz"]
    // A partner compressed like the file asked for is preferred.
    let ordered = path.lowercased().hasSuffix(".gz") ? partners.reversed() : partners
    let partner = ordered.first { FileManager.default.fileExists(atPath: $0) }
    guard let partner else {
      guard FileManager.default.fileExists(atPath: path) else {
        throw MedIOError(.notFound, path: path, context: "no such file")
      }
      throw MedIOError(.missingPair, path: path, context: "the .\(partnerKind) beside it is missing")
    }
    (headerPath, dataPath) = kind == "hdr" ? (path, partner) : (partner, path)
  }

  /// The files to write for a name.
  init(writing path: String) {
    guard let (stem, kind) = Self.split(path) else {
      (headerPath, dataPath) = (path, path)
      return
    }
    let tail = path.lowercased().hasSuffix(".gz") ? ".gz" : ""
    (headerPath, dataPath) =
      kind == "hdr" ? (path, stem + ".img" + tail) : (stem + ".hdr" + tail, path)
  }

  /// The name without its ending, and which of the two it names; `nil` for a single file.
  private static func split(_ path: String) -> (stem: String, kind: String)? {
    for kind in ["hdr", "img"] {
      for ending in ["." + kind, "." + kind + ".gz"] where path.lowercased().hasSuffix(ending) {
        return (String(path.dropLast(ending.count)), kind)
      }
    }
    return nil
  }
}
