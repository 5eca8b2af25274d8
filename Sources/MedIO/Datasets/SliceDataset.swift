public import Foundation
public import Tensor

/// Where a slice comes from.
public struct SlicePosition: Hashable, Sendable {
  /// The name of the scan.
  public let identifier: String
  /// The index of the scan in its data set.
  public let volume: Int
  /// The plane, 0..<``planeCount``.
  public let plane: Int
  /// The planes of the scan, after preprocessing.
  public let planeCount: Int

  public init(identifier: String, volume: Int, plane: Int, planeCount: Int) {
    self.identifier = identifier
    self.volume = volume
    self.plane = plane
    self.planeCount = planeCount
  }

  /// `(plane + 1) / planeCount`, in (0, 1]: what position-based contrast compares across patients.
  public var fraction: Double { Double(plane + 1) / Double(planeCount) }
}

/// One slice of a scan.
public struct SliceSample: Sendable {
  /// `[height, width, modality]`.
  public let image: Tensor<Float>
  /// `[height, width]`; `nil` for an unlabelled scan.
  public let labels: Tensor<Int32>?
  public let position: SlicePosition
}

/// The axial slices of preprocessed scans, with their positions.
///
/// Each scan is preprocessed once, when the data set is made, and kept on disk as plain NIfTI files, from which a
/// slice is read in a time that does not depend on the volume's size. A cache holds as long as files,
/// preprocessing and label mapping stay the same: any change gives other names.
///
///     let slices = try SliceDataset(training, cachedIn: folder)
///     let loader = DataLoader(slices, batchSize: 16, sampler: ShuffledSampler(count: slices.count, seed: 1),
///                             collate: { samples, _ in samples })
public struct SliceDataset: Dataset {
  /// Which slices are taken.
  public enum Selection: Hashable, Sendable {
    case all
    /// Slices with at least this many labelled pixels; those of unlabelled scans are left out.
    case labeled(pixels: Int = 1)
  }

  /// The places of all slices, scan by scan.
  public let positions: [SlicePosition]
  /// What the reader noticed of the files, scan by scan: kept in the cache beside the voxels, so that the second run
  /// knows it too.
  public let warnings: [MedIOFileWarning]
  private let entries: [SliceCache.Entry]

  /// Preprocesses what is not cached yet, one scan at a time.
  ///
  /// - Parameters:
  ///   - volumes: the scans.
  ///   - folder: where preprocessed scans are kept; made when it does not exist.
  ///   - selection: which slices are taken.
  ///   - progress: called before each scan with its index.
  /// - Throws: what reading a scan throws; `writeFailed` when the folder cannot be written.
  public init(
    _ volumes: VolumeDataset, cachedIn folder: URL, selection: Selection = .all,
    progress: (Int) -> Void = { _ in }
  ) throws(MedIOError) {
    let cache = try SliceCache(folder)
    var positions: [SlicePosition] = []
    var entries: [SliceCache.Entry] = []
    for index in volumes.cases.indices {
      progress(index)
      let entry = try cache.entry(for: index, of: volumes)
      entries.append(entry)
      let planes = try entry.planes(selection)
      positions += planes.map {
        SlicePosition(
          identifier: volumes.cases[index].identifier, volume: index, plane: $0, planeCount: entry.planeCount)
      }
    }
    self.positions = positions
    self.entries = entries
    warnings = entries.flatMap(\.warnings)
  }

  public var count: Int { positions.count }

  public func element(at index: Int) throws -> SliceSample {
    let position = positions[index]
    let entry = entries[position.volume]
    return SliceSample(
      image: try entry.image(plane: position.plane), labels: try entry.labels(plane: position.plane),
      position: position)
  }

  /// The grid of each scan behind preprocessing: lengths, spacing and place.
  public var grids: [VolumeGrid] { entries.map(\.grid) }

  /// The indices of the slices of each scan.
  public var indicesByVolume: [[Int]] {
    var result = [[Int]](repeating: [], count: entries.count)
    for (index, position) in positions.enumerated() { result[position.volume].append(index) }
    return result
  }
}
