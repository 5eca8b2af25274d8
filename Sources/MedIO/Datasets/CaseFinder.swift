import Foundation

/// All NIfTI files below a folder, and the layouts in which data sets arrange them.
struct CaseFinder {
  let folder: URL
  /// Files by their path below the folder, in order. Hidden files (`._name` of a Mac's archive) do not count.
  let files: [URL]

  init(_ folder: URL) throws(MedIOError) {
    self.folder = folder
    var isFolder = ObjCBool(false)
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) else {
      throw MedIOError(.notFound, path: folder.path, context: "no such folder")
    }
    guard isFolder.boolValue else {
      throw MedIOError(.badLayout, path: folder.path, context: "not a folder")
    }
    var found: [String] = []
    try Self.walk(folder.path, below: "", ancestors: [], &found)
    files = found.sorted().map { folder.appendingPathComponent($0) }
  }

  /// Collects the files below a folder, through links to other folders too, as data sets are often linked into
  /// place; a link to a folder that it lies in is not followed again.
  private static func walk(
    _ root: String, below path: String, ancestors: [String], _ found: inout [String]
  ) throws(MedIOError) {
    let place = path.isEmpty ? root : root + "/" + path
    let real = URL(fileURLWithPath: place).resolvingSymlinksInPath().path
    guard !ancestors.contains(real) else { return }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: place)
    } catch {
      throw MedIOError(.unreadable, path: place, context: "the folder cannot be read", underlying: error)
    }
    for name in names where !name.hasPrefix(".") {
      let below = path.isEmpty ? name : path + "/" + name
      var isFolder = ObjCBool(false)
      guard FileManager.default.fileExists(atPath: root + "/" + below, isDirectory: &isFolder) else {
        // A link that leads nowhere is a file that is missing: reading it says so.
        if isImage(name) { found.append(below) }
        continue
      }
      if isFolder.boolValue {
        try walk(root, below: below, ancestors: ancestors + [real], &found)
      } else if isImage(name) {
        found.append(below)
      }
    }
  }

  private static func isImage(_ name: String) -> Bool {
    name.hasSuffix(".nii") || name.hasSuffix(".nii.gz")
  }

  /// A file's name without `.nii` or `.nii.gz`.
  static func stem(_ url: URL) -> String {
    let name = url.lastPathComponent
    return name.hasSuffix(".nii.gz") ? String(name.dropLast(7)) : String(name.dropLast(4))
  }

  /// Files by the name of their stem.
  private func byStem() -> [String: [URL]] { Dictionary(grouping: files, by: Self.stem) }

  /// The only file of a stem, preferably beside `url`.
  private func file(_ stem: String, beside url: URL, in stems: [String: [URL]]) throws(MedIOError) -> URL {
    let all = stems[stem] ?? []
    let folder = url.deletingLastPathComponent().path
    let near = all.filter { $0.deletingLastPathComponent().path == folder }
    let found = near.isEmpty ? all : near
    guard let first = found.first else {
      throw MedIOError(
        .missingFile, path: url.path, context: "its \(stem).nii or \(stem).nii.gz is missing")
    }
    guard found.count == 1 else {
      throw MedIOError(
        .badLayout, path: url.path, context: "\(found.count) files are named \(stem): \(found.map(\.path))")
    }
    return first
  }

  /// Throws for the first file that no scan has taken although its stem matches `pattern`: a segmentation or
  /// modality whose image is missing would otherwise be left out in silence.
  private func checkAllTaken(_ pattern: String, _ cases: [VolumeCase]) throws(MedIOError) {
    let taken = Set(cases.flatMap { $0.images + ($0.labels.map { [$0] } ?? []) }.map(\.path))
    for url in files where !taken.contains(url.path) && capture(pattern, Self.stem(url)) != nil {
      throw MedIOError(.missingFile, path: url.path, context: "the image that it belongs to is missing")
    }
  }

  /// The capture of `pattern` in the stem.
  private func capture(_ pattern: String, _ stem: String) -> [String]? {
    guard let regex = try? Regex(pattern), let match = try? regex.firstMatch(in: stem) else { return nil }
    return match.output.dropFirst().map { $0.substring.map(String.init) ?? "" }
  }

  private func number(_ text: String, of url: URL) throws(MedIOError) -> Int {
    guard let number = Int(text) else {
      throw MedIOError(.badLayout, path: url.path, context: "\(text) is no number that can be used")
    }
    return number
  }

  /// Images whose stem matches `image`, which captures the number, and segmentations named after it, all of
  /// which match `anyLabels`.
  func pairs(
    _ image: String, labels: (String) -> String, anyLabels: String
  ) throws(MedIOError) -> [VolumeCase] {
    let stems = byStem()
    var cases: [VolumeCase] = []
    for url in files {
      let stem = Self.stem(url)
      guard let text = capture(image, stem)?.first else { continue }
      cases.append(
        VolumeCase(
          identifier: stem, key: try number(text, of: url), images: [url],
          labels: try file(labels(text), beside: url, in: stems)))
    }
    try checkAllTaken(anyLabels, cases)
    return cases.sorted { $0.key < $1.key }
  }

  /// `patient001_frame01` with `patient001_frame01_gt`; the 4-D series beside them is left out.
  func acdc() throws(MedIOError) -> [VolumeCase] {
    let stems = byStem()
    var cases: [VolumeCase] = []
    for url in files {
      let stem = Self.stem(url)
      guard let text = capture(#"^patient(\d+)_frame\d+$"#, stem)?.first else { continue }
      cases.append(
        VolumeCase(
          identifier: stem, key: try number(text, of: url), images: [url],
          labels: try file(stem + "_gt", beside: url, in: stems)))
    }
    try checkAllTaken(#"^patient\d+_frame\d+_gt$"#, cases)
    return cases
  }

  /// Four modalities in the order flair, t1, t1ce, t2. A patient without `seg` is unlabelled.
  func brats() throws(MedIOError) -> [VolumeCase] {
    let stems = byStem()
    var cases: [VolumeCase] = []
    for url in files {
      let stem = Self.stem(url)
      guard let name = capture(#"^(Brats18_.+)_flair$"#, stem)?.first else { continue }
      var images = [url]
      for modality in ["t1", "t1ce", "t2"] {
        images.append(try file(name + "_" + modality, beside: url, in: stems))
      }
      cases.append(
        VolumeCase(
          identifier: name, key: cases.count, images: images,
          labels: stems[name + "_seg"] == nil ? nil : try file(name + "_seg", beside: url, in: stems)))
    }
    try checkAllTaken(#"^Brats18_.+_(t1|t1ce|t2|seg)$"#, cases)
    return cases
  }

  /// `case_00000/imaging`, and `segmentation` where there is one.
  func kits() throws(MedIOError) -> [VolumeCase] {
    var cases: [VolumeCase] = []
    let stems = byStem()
    for url in files where ["imaging", "segmentation"].contains(Self.stem(url)) {
      let parent = url.deletingLastPathComponent()
      guard let text = capture(#"^case_(\d+)$"#, parent.lastPathComponent)?.first else { continue }
      let isBeside = { (other: URL) in other.deletingLastPathComponent().path == parent.path }
      guard Self.stem(url) == "imaging" else {
        if stems["imaging"]?.contains(where: isBeside) != true {
          throw MedIOError(.missingFile, path: url.path, context: "its imaging.nii.gz is missing")
        }
        continue
      }
      let isLabelled = stems["segmentation"]?.contains(where: isBeside) == true
      let labels = isLabelled ? try file("segmentation", beside: url, in: stems) : nil
      cases.append(
        VolumeCase(
          identifier: parent.lastPathComponent, key: try number(text, of: url), images: [url], labels: labels)
      )
    }
    return cases
  }

  /// See ``PaperDataset/chaos``.
  func chaos() throws(MedIOError) -> [VolumeCase] {
    let flat = try pairs(
      #"^(\d+)_image$"#, labels: { "\($0)_label" }, anyLabels: #"^\d+_label$"#)
    if !flat.isEmpty { return flat }
    let folders = Dictionary(grouping: files) { $0.deletingLastPathComponent().path }
    var cases: [VolumeCase] = []
    for (path, members) in folders.sorted(by: { $0.key < $1.key }) {
      let url = URL(fileURLWithPath: path)
      let parts = url.pathComponents
      guard parts.count > 1, parts[parts.count - 1].uppercased() == "T2SPIR",
        let key = Int(parts[parts.count - 2])
      else { continue }
      func isLabel(_ url: URL) -> Bool {
        let stem = Self.stem(url).lowercased()
        return ["label", "ground", "mask", "seg", "gt"].contains { stem.contains($0) }
      }
      let images = members.filter { !isLabel($0) }
      let labels = members.filter(isLabel)
      guard images.count == 1, labels.count == 1 else {
        throw MedIOError(
          images.isEmpty || labels.isEmpty ? .missingFile : .badLayout, path: path,
          context: "\(images.count) images and \(labels.count) segmentations, not one of each")
      }
      cases.append(VolumeCase(identifier: "\(key)", key: key, images: images, labels: labels[0]))
    }
    return cases.sorted { $0.key < $1.key }
  }
}
