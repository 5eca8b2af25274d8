public import Foundation
import Tensor

extension VolumeCase {
  /// The scans below a folder with their segmentations, of data sets that have no layout of their own here.
  ///
  /// A file is a segmentation when its name is `label`, `labels`, `seg`, `segmentation`, `mask` or `gt`, or ends in one of
  /// them behind `_`, `-` or `.`, or when a folder that it lies in begins with `label`; every other file is an image.
  /// The segmentation of an image has its name, apart from those words, from `_image` or `_img`, from the
  /// `_0000` of nnU-Net's channels, and from the folders `images...` and `labels...`. A segmentation whose whole name is such
  /// a word belongs to the only image of its folder.
  ///
  /// | files | scans |
  /// |---|---|
  /// | `imagesTr/liver_1.nii.gz`, `labelsTr/liver_1.nii.gz` | `liver_1` |
  /// | `imagesTr/liver_1_0000.nii.gz`, `labelsTr/liver_1.nii.gz` | `liver_1` |
  /// | `patient001_frame01.nii.gz`, `patient001_frame01_gt.nii.gz` | `patient001_frame01` |
  /// | `anna/t2.nii.gz`, `anna/labels.nii.gz` | `anna` |
  ///
  /// Scans of one patient have one ``key``: names that are the same up to `_frame`, `_ses`, `_scan`, `_run`, `_time` or
  /// `_visit` with a number.
  ///
  /// - Returns: in the order of their names; several channels (`_0000`, `_0001`, ...) as several images; images without a
  ///   segmentation with `labels` of `nil`.
  /// - Throws: ``MedIOError``: `notFound`; `badLayout` for a folder without images, and for two files that would be one;
  ///   `missingFile` for a segmentation without its image.
  public static func scans(in folder: URL) throws(MedIOError) -> [VolumeCase] {
    let finder = try CaseFinder(folder)
    var scans: [String: (images: [URL], labels: [URL])] = [:]
    for file in finder.files {
      let name = ScanName(file, below: folder)
      if name.isLabels {
        scans[name.text, default: ([], [])].labels.append(file)
      } else {
        scans[name.text, default: ([], [])].images.append(file)
      }
    }
    try adoptWholeFolders(&scans)
    var patients: [String: Int] = [:]
    var cases: [VolumeCase] = []
    for (name, files) in scans.sorted(by: { $0.key < $1.key }) {
      guard files.labels.count <= 1 else {
        throw MedIOError(
          .badLayout, path: files.labels[1].path,
          context: "\(files.labels[0].path) is of the same scan, \(name)")
      }
      guard let image = files.images.first else {
        throw MedIOError(
          .missingFile, path: files.labels[0].path, context: "the image that it belongs to is missing")
      }
      guard files.images.count == 1 || files.images.allSatisfy({ ScanName.channel(of: $0) != nil }) else {
        throw MedIOError(
          .badLayout, path: files.images[1].path, context: "\(image.path) is of the same scan, \(name)")
      }
      let patient = name.replacing(#/[_-](frame|ses|scan|run|time|visit)[_-]?\d+.*$/#, with: "")
      let key = patients[patient] ?? patients.count
      patients[patient] = key
      cases.append(VolumeCase(identifier: name, key: key, images: files.images, labels: files.labels.first))
    }
    guard !cases.isEmpty else {
      throw MedIOError(.badLayout, path: folder.path, context: "no .nii or .nii.gz below this folder")
    }
    return cases
  }

  /// Gives the only image of a folder the segmentation that has no name of its own, and the folder's name.
  private static func adoptWholeFolders(
    _ scans: inout [String: (images: [URL], labels: [URL])]
  ) throws(MedIOError) {
    for (name, nameless) in scans where ScanName.isNameless(name) {
      let folder = String(name.dropLast(1))
      let inside = scans.filter { entry in
        !ScanName.isNameless(entry.key) && entry.value.labels.isEmpty
          && entry.key.split(separator: "/").dropLast().joined(separator: "/") == folder
      }
      guard inside.count == 1, let image = inside.first else {
        throw MedIOError(
          inside.isEmpty ? .missingFile : .badLayout, path: nameless.labels[0].path,
          context: "beside it lie \(inside.count) images without a segmentation, not one")
      }
      scans[name] = nil
      scans[image.key] = nil
      scans[folder.isEmpty ? image.key : folder] = (image.value.images, nameless.labels)
    }
  }
}

/// What a file's path says about its scan.
private struct ScanName {
  /// Folders and name without the words that tell images from segmentations; of a segmentation whose whole name is such a
  /// word, the folders with a slash behind.
  let text: String
  let isLabels: Bool

  private static let words: Set = ["label", "labels", "seg", "segmentation", "mask", "gt"]

  init(_ file: URL, below root: URL) {
    let depth = root.standardizedFileURL.pathComponents.count
    let folders = file.standardizedFileURL.deletingLastPathComponent().pathComponents.dropFirst(depth)
    let stem = CaseFinder.stem(file)
    var isLabels = folders.contains { $0.lowercased().hasPrefix("label") }
    let kept = folders.filter {
      !$0.lowercased().hasPrefix("label") && !$0.lowercased().hasPrefix("image")
    }
    var base = stem
    if Self.words.contains(stem.lowercased()) {
      (isLabels, base) = (true, "")
    } else if let cut = stem.lastIndex(where: { "_-.".contains($0) }),
      Self.words.contains(stem[stem.index(after: cut)...].lowercased())
    {
      (isLabels, base) = (true, String(stem[..<cut]))
    }
    if !isLabels {
      if Self.channel(of: file) != nil { base = String(base.dropLast(5)) }
      for word in ["_image", "_img", "-image", "-img"] where base.lowercased().hasSuffix(word) {
        base = String(base.dropLast(word.count))
      }
    }
    self.isLabels = isLabels
    text = (kept + [base]).joined(separator: "/") + (base.isEmpty && kept.isEmpty ? "/" : "")
  }

  /// The number of nnU-Net's channel suffix, `_0000`.
  static func channel(of file: URL) -> Int? {
    let stem = CaseFinder.stem(file)
    guard let match = stem.wholeMatch(of: #/.+_(\d{4})/#) else { return nil }
    return Int(match.1)
  }

  static func isNameless(_ text: String) -> Bool { text.hasSuffix("/") }
}
