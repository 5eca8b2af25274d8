/// For each anchor the references of the same label: the positives of a contrastive loss whose labels
/// partition the rows, such as superpixels or weak classes.
package struct PositiveSets: Sendable {
  /// The number of positives of each anchor, `[groups, anchor rows]`.
  package let counts: Tensor<Int32>
  /// Labels numbered from 0 within each group; anchors and references share the numbers.
  let anchorLabels: [Int32]
  let referenceLabels: [Int32]
  let labelCounts: [Int]
  let anchorCount: Int
  let referenceCount: Int
  let exclusion: ReferenceExclusion

  /// Rows compared with one another: row i is no positive of its own.
  ///
  /// - Parameter labels: any numbers, `[groups, rows]`.
  package init(labels: Tensor<Int32>) {
    self.init(anchorLabels: labels, referenceLabels: labels, excluding: .reference(offset: 0))
  }

  /// Anchors compared with references; the excluded reference is no positive.
  ///
  /// - Precondition: both tensors are `[groups, rows]` with as many groups.
  package init(
    anchorLabels: Tensor<Int32>, referenceLabels: Tensor<Int32>, excluding exclusion: ReferenceExclusion
  ) {
    shapePrecondition(
      anchorLabels.rank == 2 && referenceLabels.rank == 2
        && anchorLabels.shape[0] == referenceLabels.shape[0],
      "labels are [groups, rows]: \(anchorLabels.shape) does not fit \(referenceLabels.shape)")
    let groups = anchorLabels.shape[0]
    let anchorCount = anchorLabels.shape[1]
    let referenceCount = referenceLabels.shape[1]
    var numberedAnchors = [Int32](repeating: 0, count: groups * anchorCount)
    var numberedReferences = [Int32](repeating: 0, count: groups * referenceCount)
    var labelCounts = [Int](repeating: 0, count: groups)
    var counts = Tensor<Int32>(zeros: anchorLabels.shape)
    counts.withUnsafeMutableBufferPointer { counts in
      for group in 0..<groups {
        var numbers: [Int32: Int32] = [:]
        var sizes: [Int32] = []
        for row in 0..<referenceCount {
          let label = referenceLabels.pointer[group * referenceCount + row]
          let number = numbers[label] ?? Int32(numbers.count)
          if Int(number) == sizes.count {
            numbers[label] = number
            sizes.append(0)
          }
          sizes[Int(number)] += 1
          numberedReferences[group * referenceCount + row] = number
        }
        for row in 0..<anchorCount {
          let label = anchorLabels.pointer[group * anchorCount + row]
          // A label that no reference has gets a number behind theirs, whose sums stay empty.
          let number = numbers[label] ?? Int32(sizes.count)
          numberedAnchors[group * anchorCount + row] = number
          guard Int(number) < sizes.count else { continue }
          let excluded = exclusion.reference(of: row)
          let leavesOut =
            excluded >= 0 && excluded < referenceCount
            && numberedReferences[group * referenceCount + excluded] == number
          counts[group * anchorCount + row] = sizes[Int(number)] - (leavesOut ? 1 : 0)
        }
        labelCounts[group] = sizes.count + 1
      }
    }
    self.counts = counts
    self.anchorLabels = numberedAnchors
    self.referenceLabels = numberedReferences
    self.labelCounts = labelCounts
    self.anchorCount = anchorCount
    self.referenceCount = referenceCount
    self.exclusion = exclusion
  }

  /// The excluded reference of `anchor` if it shares the anchor's label, else -1.
  func excludedPositive(of anchor: Int, group: Int) -> Int {
    let reference = exclusion.reference(of: anchor)
    guard reference >= 0, reference < referenceCount,
      referenceLabels[group * referenceCount + reference] == anchorLabels[group * anchorCount + anchor]
    else { return -1 }
    return reference
  }
}
