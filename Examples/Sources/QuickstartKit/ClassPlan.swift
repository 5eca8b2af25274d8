import ExampleSupport
import Tensor

/// The classes of a labelled volume that have enough voxels in every part, and the split that gives them these.
struct ClassPlan {
  let classes: [TargetClass]
  let split: SlabSplit
  /// Voxels of each class in each part.
  let voxels: [[SlabSplit.Part: Int]]

  /// - Parameters:
  ///   - labels: `[slices, height, width]`.
  ///   - wanted: The classes that were asked for; each label that occurs, unless given.
  ///   - settings: The slabs, and the voxels that a class needs.
  ///   - name: The volume's name, for messages.
  /// - Throws: ``ExampleFailure``: too few slices, or a class that lacks voxels in a part.
  init(labels: Tensor<Int32>, wanted: [TargetClass]?, settings: Settings, name: String) throws(ExampleFailure)
  {
    let present = LabelMap(labels).distinctLabels.filter { $0 != 0 }
    let candidates = wanted ?? present.map { TargetClass(name: "label \($0)", labels: [$0]) }
    let counts = candidates.map { Self.voxelsPerSlice(labels, $0.labels) }
    guard
      let (split, kept) = SlabSplit.dealing(
        voxels: counts, sliceCount: labels.shape[0], slabLength: settings.slabLength,
        dropped: settings.droppedSlices, minimumVoxels: settings.minimumVoxels)
    else {
      throw ExampleFailure(.data, "\(name): \(labels.shape[0]) slices are too few to deal to three parts")
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
    classes = kept.map { candidates[$0] }
    voxels = kept.map { index in
      Dictionary(
        uniqueKeysWithValues: SlabSplit.Part.allCases.map { part in
          (part, split.slices(of: part).reduce(0) { $0 + counts[index][$1] })
        })
    }
  }

  private static func voxelsPerSlice(_ labels: Tensor<Int32>, _ wanted: [Int32]) -> [Int] {
    let set = Set(wanted)
    return (0..<labels.shape[0]).map { slice in
      labels[slice].withUnsafeBufferPointer { $0.reduce(0) { $0 + (set.contains($1) ? 1 : 0) } }
    }
  }
}
