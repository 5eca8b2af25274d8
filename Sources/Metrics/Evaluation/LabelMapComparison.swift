public import Tensor

/// The counts of every class of two label maps, gathered in one pass.
///
///     let comparison = LabelMapComparison(prediction: predicted, reference: truth)
///     comparison.counts(of: 2)
public struct LabelMapComparison: Sendable {
  /// All labels that occur in either map, ascending, the background among them.
  public let labels: [Int32]
  let regions: [Int32: Region]
  let elementCount: Int

  /// What one pass finds out about a label.
  struct Region: Sendable {
    var overlap = 0
    var predicted = 0
    var actual = 0
    var predictedBox = VoxelBox.empty
    var actualBox = VoxelBox.empty
  }

  /// Compares two label maps of one grid. O(pixels), a little memory per label.
  ///
  /// - Precondition: the maps have equal shapes.
  public init(prediction: LabelMap, reference: LabelMap) {
    shapePrecondition(
      prediction.shape == reference.shape,
      "prediction \(prediction.shape) and reference \(reference.shape) differ in shape")
    let shape = prediction.shape
    elementCount = shape.elementCount
    let planes = shape.rank == 3 ? shape[0] : 1
    regions = prediction.labels.withUnsafeBufferPointer { predicted in
      reference.labels.withUnsafeBufferPointer { actual in
        Self.regions(predicted, actual, planes: planes, rows: shape[-2], columns: shape[-1])
      }
    }
    labels = regions.keys.sorted()
  }

  /// The counts of one label as foreground, all others as background; for a label that does not occur all
  /// elements are true negatives.
  public func counts(of label: Int32) -> ConfusionCounts {
    let region = regions[label] ?? Region()
    return ConfusionCounts(
      overlap: region.overlap, predicted: region.predicted, actual: region.actual, total: elementCount)
  }

  /// Goes over runs of equal label pairs, so that the table is touched once a run.
  private static func regions(
    _ predicted: UnsafeBufferPointer<Int32>, _ actual: UnsafeBufferPointer<Int32>, planes: Int, rows: Int,
    columns: Int
  ) -> [Int32: Region] {
    var table = RegionTable()
    for plane in 0..<planes {
      for row in 0..<rows {
        let start = (plane * rows + row) * columns
        var column = 0
        while column < columns {
          let first = predicted[start + column]
          let second = actual[start + column]
          var end = column + 1
          while end < columns, predicted[start + end] == first, actual[start + end] == second { end += 1 }
          table.add(first, second, plane: plane, row: row, run: column..<end)
          column = end
        }
      }
    }
    return table.result
  }
}

/// Regions by label: a small open table of the last labels seen in front of a dictionary of slots.
private struct RegionTable {
  private var slots: [Int32: Int] = [:]
  private var regions: [LabelMapComparison.Region] = []
  private var labels: [Int32] = []
  /// Slots of the labels 0..<256, -1 where there is none yet: most maps need no other.
  private var direct = [Int](repeating: -1, count: 256)

  mutating func add(_ predicted: Int32, _ actual: Int32, plane: Int, row: Int, run: Range<Int>) {
    let first = slot(predicted)
    regions[first].predicted += run.count
    regions[first].predictedBox.formUnion(plane: plane, row: row, columns: run)
    let second = slot(actual)
    regions[second].actual += run.count
    regions[second].actualBox.formUnion(plane: plane, row: row, columns: run)
    if first == second { regions[first].overlap += run.count }
  }

  private mutating func slot(_ label: Int32) -> Int {
    let isDirect = label >= 0 && label < 256
    if isDirect, direct[Int(label)] >= 0 { return direct[Int(label)] }
    if let slot = slots[label] { return slot }
    let slot = regions.count
    regions.append(LabelMapComparison.Region())
    labels.append(label)
    slots[label] = slot
    if isDirect { direct[Int(label)] = slot }
    return slot
  }

  var result: [Int32: LabelMapComparison.Region] { Dictionary(uniqueKeysWithValues: zip(labels, regions)) }
}
