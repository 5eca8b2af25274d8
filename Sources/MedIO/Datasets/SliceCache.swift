import Foundation
import Tensor

/// Preprocessed scans on disk.
struct SliceCache {
  let folder: URL

  init(_ folder: URL) throws(MedIOError) {
    self.folder = folder
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw MedIOError(
        .writeFailed, path: folder.path, context: "cannot make the cache folder", underlying: error)
    }
  }

  /// The files of one scan.
  struct Entry: Sendable {
    let imageURL: URL
    let labelsURL: URL?
    let grid: VolumeGrid
    let modalityCount: Int
    var planeCount: Int { grid.depth }
    /// What was noticed of the original files.
    let warnings: [MedIOFileWarning]

    /// Opens the files and looks whether all voxels are there.
    init(_ imageURL: URL, _ labelsURL: URL?, warningsURL: URL) throws(MedIOError) {
      let reader = try NIfTISliceReader(imageURL)
      try reader.verify()
      if let labelsURL { try NIfTISliceReader(labelsURL).verify() }
      do {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
          positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        warnings = try decoder.decode([MedIOFileWarning].self, from: Data(contentsOf: warningsURL))
      } catch {
        throw MedIOError(
          .badLayout, path: warningsURL.path, context: "no list of warnings", underlying: error)
      }
      self.imageURL = imageURL
      self.labelsURL = labelsURL
      grid = reader.grid
      modalityCount = reader.frameCount
    }

    /// `[height, width, modality]`.
    func image(plane: Int) throws(MedIOError) -> Tensor<Float> {
      let reader = try NIfTISliceReader(imageURL)
      var slices: [Tensor<Float>] = []
      for frame in 0..<modalityCount { slices.append(try reader.slice(Float.self, at: plane, frame: frame)) }
      return slices.count == 1 ? slices[0].expanded(at: 2) : Tensor(stacking: slices, along: 2)
    }

    func labels(plane: Int) throws(MedIOError) -> Tensor<Int32>? {
      guard let labelsURL else { return nil }
      return try NIfTISliceReader(labelsURL).slice(Int32.self, at: plane)
    }

    func planes(_ selection: SliceDataset.Selection) throws(MedIOError) -> [Int] {
      guard case .labeled(let pixels) = selection else { return Array(0..<planeCount) }
      guard let labelsURL else { return [] }
      let reader = try NIfTISliceReader(labelsURL)
      var planes: [Int] = []
      for plane in 0..<planeCount {
        let slice = try reader.slice(Int32.self, at: plane)
        let count = slice.withUnsafeBufferPointer { $0.reduce(0) { $0 + ($1 == 0 ? 0 : 1) } }
        if count >= pixels { planes.append(plane) }
      }
      return planes
    }
  }

  /// The files of a scan, made when they are not there.
  func entry(for index: Int, of volumes: VolumeDataset) throws(MedIOError) -> Entry {
    let scan = volumes.cases[index]
    let stem = try name(of: scan, in: volumes)
    let imageURL = folder.appendingPathComponent(stem + ".nii")
    let labelsURL = scan.labels.map { _ in folder.appendingPathComponent(stem + "-labels.nii") }
    let warningsURL = folder.appendingPathComponent(stem + "-warnings.json")
    // A file that is there but broken is made again, like one that is not there.
    if let entry = try? Entry(imageURL, labelsURL, warningsURL: warningsURL) { return entry }
    var prepared = try volumes.prepared(at: index)
    // The cache is a file of our own: nothing of the original's header belongs there.
    prepared.image.header = nil
    prepared.image.extensions = []
    if var labels = prepared.labels, let labelsURL {
      labels.header = nil
      let isSmall =
        volumes.labelMapping.unlisted != .kept
        && volumes.labelMapping.classes.values.allSatisfy { (0...255).contains($0) }
      try NIfTI.write(labels, to: labelsURL, options: .init(datatype: isSmall ? .uint8 : .int32))
    }
    try NIfTI.write(prepared.image, to: imageURL)
    try write(prepared.warnings, to: warningsURL)
    return try Entry(imageURL, labelsURL, warningsURL: warningsURL)
  }

  private func write(_ warnings: [MedIOFileWarning], to url: URL) throws(MedIOError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      try encoder.encode(warnings).write(to: url, options: .atomic)
    } catch {
      throw MedIOError(.writeFailed, path: url.path, context: "cannot keep the warnings", underlying: error)
    }
  }

  /// A name that changes with everything the content depends on.
  private func name(of scan: VolumeCase, in volumes: VolumeDataset) throws(MedIOError) -> String {
    var facts = "format 2\n\(volumes.preprocessing)\n\(volumes.labelMapping.unlisted)\n\(volumes.options)\n"
    facts += "\(volumes.labelMapping.classes.sorted { $0.key < $1.key })\n\(volumes.gridAgreement)\n"
    for url in scan.images + (scan.labels.map { [$0] } ?? []) {
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: url.path) else {
        throw MedIOError(.notFound, path: url.path, context: "no such file")
      }
      let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
      let date = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      // Milliseconds: what copying a date loses does not matter.
      facts += "\(url.standardizedFileURL.path) \(size) \((date * 1000).rounded())\n"
    }
    let safe = scan.identifier.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" ? $0 : "_" }
    return String(safe.prefix(80)) + "-" + String(Self.hash(facts), radix: 16)
  }

  /// FNV-1a, 64 bits: the same in every run.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
