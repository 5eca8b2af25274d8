import Foundation
public import Tensor

/// Scans as preprocessed volumes: a `Dataset` for three-dimensional work, and the source of a
/// ``SliceDataset``.
///
/// Your own data need no layout:
///
///     let cases = [VolumeCase(identifier: "a", key: 0, images: [imageURL], labels: labelsURL)]
///     let dataset = VolumeDataset(cases, labelMapping: LabelMapping(inOrder: [1, 2]), preprocessing: steps)
public struct VolumeDataset: Dataset {
  /// How strictly the grids of the files of a case must agree.
  public enum GridAgreement: Hashable, Sendable {
    /// The same lengths, and every corner within half a voxel of its place in the image.
    case placesAndLengths
    /// The same lengths; the image's affine holds for all. For sets whose labels carry no affine.
    case lengths
  }

  /// The scans in order.
  public let cases: [VolumeCase]
  public var labelMapping: LabelMapping
  public var preprocessing: Preprocessing
  public var gridAgreement: GridAgreement
  /// How the files are read. Voxels that are not finite are refused unless told otherwise: they would reach a
  /// network, and there every pixel.
  ///
  ///     dataset.options.nonFinite = .replace(with: 0)   // NaN outside a skull-stripped head
  ///
  /// A replacement is for images; a label that is not finite is an error in any case.
  public var options: NIfTIReadOptions

  public init(
    _ cases: [VolumeCase], labelMapping: LabelMapping, preprocessing: Preprocessing = Preprocessing([]),
    gridAgreement: GridAgreement = .placesAndLengths, options: NIfTIReadOptions = .init(nonFinite: .refuse)
  ) {
    self.cases = cases
    self.labelMapping = labelMapping
    self.preprocessing = preprocessing
    self.gridAgreement = gridAgreement
    self.options = options
  }

  public var count: Int { cases.count }

  /// The scans of these patients, in the order of the data set.
  public func cases(of keys: [Int]) -> VolumeDataset { filtered { keys.contains($0.key) } }

  /// The scans that `isIncluded` takes.
  public func filtered(_ isIncluded: (VolumeCase) -> Bool) -> VolumeDataset {
    VolumeDataset(
      cases.filter(isIncluded), labelMapping: labelMapping, preprocessing: preprocessing,
      gridAgreement: gridAgreement, options: options)
  }

  /// Reads, checks and preprocesses a scan.
  ///
  /// - Returns: several modalities as frames: `[modality, depth, height, width]`; labels as classes;
  ///   what was noticed of each file, in ``Preprocessing/Prepared/warnings``.
  /// - Throws: ``MedIOError``: what reading throws, `nonFiniteVoxels` among it; `gridMismatch` when the files of the scan differ in their
  ///   grids; `unknownLabel` for a label outside the mapping; `exceedsLimit` when preprocessing would make more
  ///   voxels than `options.limits` allow. All name the file.
  public func element(at index: Int) throws -> Preprocessing.Prepared { try prepared(at: index) }

  /// The same, with the error's type.
  public func prepared(at index: Int) throws(MedIOError) -> Preprocessing.Prepared {
    let scan = cases[index]
    var volumes: [Volume<Float>] = []
    var warnings: [MedIOFileWarning] = []
    for url in scan.images {
      let volume = try NIfTI.read(Float.self, from: url, options: options)
      warnings += volume.warnings.map { MedIOFileWarning(path: url.path, warning: $0) }
      guard volume.componentCount == 1 && (volume.rank == 3 || scan.images.count == 1) else {
        throw MedIOError(
          .badDimensions, path: url.path, context: "a volume is wanted, not \(volume.voxels.shape)")
      }
      if let first = volumes.first { try check(volume.grid, of: url, against: first.grid, scan.images[0]) }
      volumes.append(volume)
    }
    guard let first = volumes.first else {
      throw MedIOError(.missingFile, path: scan.identifier, context: "the case has no image")
    }
    let image =
      volumes.count == 1 ? first : first.with(voxels: Tensor(stacking: volumes.map(\.voxels)))
    var labels: Volume<Int32>?
    if let url = scan.labels {
      let volume = try NIfTI.readLabels(from: url, options: labelOptions)
      warnings += volume.warnings.map { MedIOFileWarning(path: url.path, warning: $0) }
      try check(volume.grid, of: url, against: image.grid, scan.images[0])
      let classes = try labelMapping.applied(to: volume.voxels, path: url.path)
      labels = Volume(labels: LabelMap(classes), like: image)
      labels?.warnings = volume.warnings
    }
    var prepared = try preprocessing.applied(
      to: image, labels: labels, limits: options.limits, path: scan.images[0].path)
    prepared.warnings = warnings
    return prepared
  }

  /// A number for voxels that are not finite is one of the image: labels have none, and 0 is no less made up.
  private var labelOptions: NIfTIReadOptions {
    var result = options
    if case .replace = options.nonFinite { result.nonFinite = .refuse }
    return result
  }

  private func check(
    _ grid: VolumeGrid, of url: URL, against image: VolumeGrid, _ imageURL: URL
  ) throws(MedIOError) {
    guard grid.shape == image.shape && (gridAgreement == .lengths || grid.cornersAgree(with: image)) else {
      throw MedIOError(
        .gridMismatch, path: url.path,
        context: "its grid is \(grid), that of \(imageURL.lastPathComponent) is \(image)")
    }
  }
}

extension VolumeGrid {
  /// Whether every corner lies within half a voxel of its place in the other grid, half a voxel included.
  func cornersAgree(with other: VolumeGrid) -> Bool {
    let map = other.affine.inverse.concatenated(with: affine)
    for k in [0, depth - 1] {
      for j in [0, height - 1] {
        for i in [0, width - 1] {
          let corner = [i, j, k].map(Double.init)
          if zip(map.applied(to: corner), corner).contains(where: {
            abs($0 - $1) > 0.5 + fileRounding * max(1, abs($1))
          }) {
            return false
          }
        }
      }
    }
    return true
  }
}
