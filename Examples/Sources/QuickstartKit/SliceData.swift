import ExampleSupport
public import Foundation
public import MedIO
public import Tensor

/// The slices of one labelled volume: read, prepared and kept by MedIO, dealt to the parts.
///
/// The file is looked at first: its labels choose the classes and the split, its training slices the intensity window. Then
/// one `Preprocessing` goes from the file's grid to slices at working size, and back with the predictions.
public struct SliceData: Sendable {
  /// The axial slices at working size, with their classes; the index is the plane of the volume in RAS orientation.
  public let slices: SliceDataset
  /// The classes, background first.
  public let classNames: [String]
  public let split: SlabSplit
  /// The intensities that became 0 and 1.
  public let window: ClosedRange<Double>
  /// Voxels of each class (without background) in each part.
  public let voxels: [[SlabSplit.Part: Int]]
  /// What the readers of both files noticed, and what was made of voxels that are not finite: a sentence each.
  public let notes: [String]
  /// The volume at its own resolution, in RAS orientation.
  private let native: Preprocessing.Prepared
  /// The same at working size: it puts predictions back on the grid of the file.
  private let working: Preprocessing.Prepared

  /// Windowed intensities in 0...1, `[slices, height, width]`; 0 where a voxel is not finite.
  public var intensities: Tensor<Float> { native.image.voxels }
  /// The class of every voxel, `[slices, height, width]`.
  public var classes: Tensor<Int32> { Self.labels(native) }
  public var spacing: VoxelSpacing { native.image.spacing }
  /// Height and width that slices are worked on at.
  public var workingSize: [Int] { [working.image.height, working.image.width] }
  /// The working size padded to what the network halves four times: multiples of 16.
  public var paddedSize: [Int] { workingSize.map { ($0 + 15) / 16 * 16 } }
  /// Side of the square views of pre-training: the longer of the padded sides.
  public var patch: Int { max(paddedSize[0], paddedSize[1]) }

  /// Reads and deals a volume.
  ///
  /// - Parameters:
  ///   - request: The files, the classes, the window, and what becomes of voxels that are not finite.
  ///   - settings: Working size, slabs, and the voxels that a class needs.
  ///   - cache: The folder that prepared slices are kept in.
  /// - Throws: ``ExampleFailure``: files that are missing (66) or broken (65), grids that differ, voxels that are not
  ///   finite where the request refuses them, too few slices, or classes without enough voxels in every part; a cache
  ///   that cannot be written (73).
  public init(_ request: RunRequest, settings: Settings, cachedIn cache: URL) throws {
    do {
      try self.init(reading: request, settings, cache)
    } catch let error as MedIOError {
      throw ExampleFailure(error)
    }
  }

  private init(reading request: RunRequest, _ settings: Settings, _ cache: URL) throws {
    let name = request.image.path
    let scan = VolumeCase(identifier: "volume", key: 0, images: [request.image], labels: request.labels)
    // First as it is: classes, split and window are chosen by what is there.
    var volumes = VolumeDataset(
      [scan], labelMapping: LabelMapping([:], unlisted: .kept),
      preprocessing: Preprocessing([.grid(.orientation(.ras))]),
      options: NIfTIReadOptions(nonFinite: request.nonFiniteVoxels == .refused ? .refuse : .keep))
    let raw = try volumes.prepared(at: 0)
    guard raw.image.rank == 3 else {
      throw ExampleFailure(
        .data, "\(name): a volume has three axes, this file has the shape \(raw.image.voxels.shape)")
    }
    notes = Self.notes(raw, name)
    let plan = try ClassPlan(
      labels: Self.labels(raw), wanted: request.classes, settings: settings, name: name)
    (split, voxels) = (plan.split, plan.voxels)
    classNames = ["background"] + plan.classes.map(\.name)
    // The window comes from training slices alone.
    window =
      try request.window ?? Self.window(of: raw.image.voxels.gathered(at: split.slices(of: .train)), name)
    let range = Float(window.lowerBound)...Float(window.upperBound)
    guard range.lowerBound < range.upperBound else {
      throw ExampleFailure(.usage, "the window \(window) is empty in single precision")
    }
    // Voxels that are not finite become the window's lower end, the background.
    if request.nonFiniteVoxels == .background {
      volumes.options.nonFinite = .replace(with: Double(range.lowerBound))
    }
    volumes.labelMapping = LabelMapping(merging: plan.classes.map(\.labels), unlisted: .background)
    volumes.preprocessing.steps.append(.intensity(.window(range)))
    native = try volumes.prepared(at: 0)
    let sides = [native.image.height, native.image.width]
    let scale = Double(settings.longestSide) / Double(max(sides[0], sides[1]))
    if scale < 1 {
      let size = [native.image.depth] + sides.map { max(1, Int((Double($0) * scale).rounded())) }
      volumes.preprocessing.steps.append(.grid(.size(size), interpolation: .area))
    }
    working = scale < 1 ? try volumes.prepared(at: 0) : native
    slices = try SliceDataset(volumes, cachedIn: cache)
  }

  private static func labels(_ prepared: Preprocessing.Prepared) -> Tensor<Int32> {
    prepared.labels?.voxels ?? Tensor(zeros: prepared.image.voxels.shape)
  }

  /// The first and the 99th percentile of voxels, without those that are NaN or infinite; wider where both are one value.
  private static func window(
    of voxels: Tensor<Float>, _ name: String
  ) throws(ExampleFailure) -> ClosedRange<Double> {
    guard let ends = Percentiles.values([0, 1, 99, 100], of: voxels) else {
      throw ExampleFailure(.data, "\(name): no voxel of the training slices is finite")
    }
    for (low, high) in [(ends[1], ends[2]), (ends[0], ends[3])] where Float(low) < Float(high) {
      return low...high
    }
    return ends[0]...ends[0] + max(1, ends[0].magnitude)
  }

  /// What the readers noticed, but for voxels that are not finite: of these the count beside the labels tells more.
  private static func notes(_ raw: Preprocessing.Prepared, _ name: String) -> [String] {
    let noticed = raw.warnings.compactMap { item -> String? in
      if case .nonFiniteVoxels = item.warning { nil } else { "\(item.path): \(item.warning)" }
    }
    let count = NonFiniteCount(raw.image.voxels, labels: labels(raw))
    return noticed + (count.voxels > 0 ? ["\(name): \(count)"] : [])
  }

  // MARK: Predictions

  /// Predicted classes of slices at ``paddedSize``, by their plane, on the grid of the file; background in the others.
  public func restored(_ predictions: [Int: Tensor<Int32>]) -> Volume<Int32> {
    var volume = Tensor<Int32>(zeros: working.image.voxels.shape)
    for (slice, classes) in predictions {
      volume[slice] = classes.cropped(
        to: zip(workingSize, paddedSize).map { size, padded in
          let margin = (padded - size) / 2
          return margin..<margin + size
        })
    }
    return working.restored(LabelMap(volume))
  }

  /// Classes `[slices, height, width]` at the volume's resolution, on the grid of the file.
  public func restored(_ classes: Tensor<Int32>) -> Volume<Int32> { native.restored(LabelMap(classes)) }

  /// The table of the split, for the terminal and the report.
  public var table: [[String]] {
    [["class"] + SlabSplit.Part.allCases.map { "\($0.rawValue) voxels" }]
      + zip(classNames.dropFirst(), voxels).map { name, counts in
        [name] + SlabSplit.Part.allCases.map { "\(counts[$0] ?? 0)" }
      }
  }
}
