import ExampleSupport
import Foundation
public import MedIO
public import Tensor

/// The slices of one labelled volume, ready for training: windowed, at working size, dealt to the parts.
public struct SliceData: Sendable {
  /// The image as it was read.
  public let original: Volume<Float>
  /// The classes, background first.
  public let classNames: [String]
  /// The volume in RAS orientation: classes for every voxel `[slices, height, width]`.
  public let classes: Tensor<Int32>
  /// Windowed intensities in 0...1, `[slices, height, width]`; 0 where a voxel is not finite.
  public let intensities: Tensor<Float>
  public let spacing: VoxelSpacing
  public let split: SlabSplit
  /// The intensities that became 0 and 1.
  public let window: ClosedRange<Double>
  /// Voxels of each class (without background) in each part.
  public let voxels: [[SlabSplit.Part: Int]]
  /// Height and width that slices are worked on at, before padding.
  public let workingSize: [Int]
  /// The working size padded to what the network halves four times: multiples of 16.
  public var paddedSize: [Int] { workingSize.map { ($0 + 15) / 16 * 16 } }
  /// What the readers of both files noticed, and what was made of voxels that are not finite: a sentence each.
  public let notes: [String]
  /// Side of the square views of pre-training: the longer of the padded sides.
  public var patch: Int { max(paddedSize[0], paddedSize[1]) }

  /// Reads and deals a volume.
  ///
  /// - Throws: ``ExampleFailure``: files that are missing (66) or broken (65), grids that differ, voxels that are not
  ///   finite where the request refuses them, too few slices, or classes without enough voxels in every part.
  public init(_ request: RunRequest, settings: Settings) throws {
    let image = try Self.read(request.image) { (url) throws(MedIOError) in
      // Kept until the window is known: background is its lower end.
      let policy: NIfTIReadOptions.NonFinitePolicy = request.nonFiniteVoxels == .refused ? .refuse : .keep
      return try NIfTI.read(Float.self, from: url, options: NIfTIReadOptions(nonFinite: policy))
    }
    let labels = try Self.read(request.labels) { (url) throws(MedIOError) in try NIfTI.readLabels(from: url) }
    guard image.rank == 3, image.componentCount == 1 else {
      throw ExampleFailure(
        .data,
        "\(request.image.path): a volume has three axes and one value a voxel, this file has the shape \(image.voxels.shape)"
      )
    }
    guard image.grid.matches(labels.grid) else {
      throw ExampleFailure(
        .data,
        "\(request.image.path) and \(request.labels.path) lie on different grids: \(image.grid) and \(labels.grid)"
      )
    }
    try self.init(
      image: image, labels: labels, classes: request.classes, window: request.window, settings: settings,
      name: request.image.path, labelsName: request.labels.path)
  }

  /// Deals a volume that is in memory; the names are for messages. Voxels that are not finite count as background.
  public init(
    image: Volume<Float>, labels: Volume<Int32>, classes wanted: [TargetClass]?, window: ClosedRange<Double>?,
    settings: Settings, name: String, labelsName: String = "labels"
  ) throws {
    original = image
    notes =
      Self.notes(image, name) + Self.notes(labels, labelsName)
      + [NonFiniteCount(image.voxels, labels: labels.voxels)].filter { $0.voxels > 0 }.map {
        "\(name): \($0)"
      }
    let canonical = image.reoriented(to: .ras)
    let canonicalLabels = labels.reoriented(to: .ras).voxels
    spacing = canonical.spacing
    let present = LabelMap(canonicalLabels).distinctLabels.filter { $0 != 0 }
    let candidates = wanted ?? present.map { TargetClass(name: "label \($0)", labels: [$0]) }
    let counts = candidates.map { Self.voxelsPerSlice(canonicalLabels, $0.labels) }
    guard
      let (split, kept) = SlabSplit.dealing(
        voxels: counts, sliceCount: canonical.depth, slabLength: settings.slabLength,
        dropped: settings.droppedSlices, minimumVoxels: settings.minimumVoxels)
    else {
      throw ExampleFailure(.data, "\(name): \(canonical.depth) slices are too few to deal to three parts")
    }
    guard !kept.isEmpty else {
      throw ExampleFailure(
        .data, "\(name): no class has \(settings.minimumVoxels) voxels in each of train, validation and test")
    }
    if wanted != nil, let missing = candidates.indices.first(where: { !kept.contains($0) }) {
      throw ExampleFailure(
        .data,
        "\(name): class '\(candidates[missing].name)' has not \(settings.minimumVoxels) voxels in each of train, "
          + "validation and test")
    }
    self.split = split
    let chosen = kept.map { candidates[$0] }
    classNames = ["background"] + chosen.map(\.name)
    voxels = kept.map { index in
      Dictionary(
        uniqueKeysWithValues: SlabSplit.Part.allCases.map { part in
          (part, split.slices(of: part).reduce(0) { $0 + counts[index][$1] })
        })
    }
    self.classes = Self.merged(canonicalLabels, chosen)
    // The window comes from training slices alone.
    guard let range = window ?? Self.percentiles(of: canonical.voxels.gathered(at: split.slices(of: .train)))
    else {
      throw ExampleFailure(.data, "\(name): no voxel of the training slices is finite")
    }
    self.window = range
    let (low, high) = (Float(range.lowerBound), Float(range.upperBound))
    let width = high > low ? high - low : 1
    intensities = ((canonical.voxels - low) / width).clamped(to: 0...1)
      .replacing(with: 0, where: .!canonical.voxels.isFinite())
    let longest = max(canonical.height, canonical.width)
    let scale = min(1, Double(settings.longestSide) / Double(longest))
    workingSize = [canonical.height, canonical.width].map { max(1, Int((Double($0) * scale).rounded())) }
  }

  private static func read<Value>(_ url: URL, _ body: (URL) throws(MedIOError) -> Value)
    throws(ExampleFailure) -> Value
  {
    do {
      return try body(url)
    } catch {
      throw ExampleFailure(error)
    }
  }

  /// What a reader noticed, but for voxels that are not finite: of these the count beside the labels tells more.
  private static func notes(_ volume: Volume<some TensorScalar>, _ name: String) -> [String] {
    volume.warnings.compactMap { warning in
      if case .nonFiniteVoxels = warning { nil } else { "\(name): \(warning)" }
    }
  }

  private static func voxelsPerSlice(_ labels: Tensor<Int32>, _ wanted: [Int32]) -> [Int] {
    let set = Set(wanted)
    return (0..<labels.shape[0]).map { slice in
      labels[slice].withUnsafeBufferPointer { $0.reduce(0) { $0 + (set.contains($1) ? 1 : 0) } }
    }
  }

  private static func merged(_ labels: Tensor<Int32>, _ classes: [TargetClass]) -> Tensor<Int32> {
    var table: [Int32: Int32] = [:]
    for (index, item) in classes.enumerated() {
      for label in item.labels { table[label] = Int32(index + 1) }
    }
    return Tensor(shape: labels.shape) { buffer in
      labels.withUnsafeBufferPointer { values in
        for index in buffer.indices { buffer[index] = table[values[index]] ?? 0 }
      }
    }
  }

  /// The first and the 99th percentile, with infinite and NaN voxels left out; `nil` when none is finite.
  private static func percentiles(of voxels: Tensor<Float>) -> ClosedRange<Double>? {
    let sorted = voxels.scalars.filter(\.isFinite).sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    guard first < last else { return Double(first)...Double(first) + 1 }
    let low = sorted[Int(0.01 * Double(sorted.count - 1))]
    let high = sorted[Int(0.99 * Double(sorted.count - 1))]
    return low < high ? Double(low)...Double(high) : Double(first)...Double(last)
  }

  // MARK: Slices

  /// A slice `[height, width, 1]` with its classes `[height, width]` at ``paddedSize``, the working size in its centre.
  public func slice(_ index: Int) -> (image: Tensor<Float>, classes: Tensor<Int32>) {
    (padded(workingImage(index)), classesPadded(index))
  }

  /// A slice at working size `[height, width, 1]`.
  public func workingImage(_ index: Int) -> Tensor<Float> {
    let slice = intensities[index].expanded(at: -1)
    return workingSize == [slice.shape[0], slice.shape[1]]
      ? slice : slice.expanded(at: 0).resized(to: workingSize, interpolation: .area).squeezed(at: 0)
  }

  /// The classes of a slice at working size `[height, width]`.
  public func workingClasses(_ index: Int) -> Tensor<Int32> {
    let slice = classes[index]
    return workingSize == slice.shape.dimensions
      ? slice
      : slice.expanded(at: 0).expanded(at: -1).resizedNearest(to: workingSize).reshaped(workingSize)
  }

  private func padded(_ image: Tensor<Float>) -> Tensor<Float> {
    image.centerPaddedOrCropped(to: paddedSize + [1], border: .constant(0))
  }

  private func classesPadded(_ index: Int) -> Tensor<Int32> {
    workingClasses(index).centerPaddedOrCropped(to: paddedSize, border: .constant(0))
  }

  /// Predicted classes of a slice at ``paddedSize``, back at the volume's size `[height, width]`.
  public func restored(_ prediction: Tensor<Int32>) -> Tensor<Int32> {
    let cut = prediction.cropped(
      to: zip(workingSize, paddedSize).map { size, padded in
        let margin = (padded - size) / 2
        return margin..<margin + size
      })
    let full = [classes.shape[1], classes.shape[2]]
    return workingSize == full
      ? cut : cut.expanded(at: 0).expanded(at: -1).resizedNearest(to: full).reshaped(full)
  }

  /// The table of the split, for the terminal and the report.
  public var table: [[String]] {
    [["class"] + SlabSplit.Part.allCases.map { "\($0.rawValue) voxels" }]
      + zip(classNames.dropFirst(), voxels).map { name, counts in
        [name] + SlabSplit.Part.allCases.map { "\(counts[$0] ?? 0)" }
      }
  }
}
