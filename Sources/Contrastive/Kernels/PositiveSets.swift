package import Tensor

/// For each anchor the references of the same label: the positives of a contrastive loss whose labels partition the rows,
/// such as superpixels or weak classes. An anchor may have one more positive, its partner.
package struct PositiveSets: Sendable {
  /// The number of positives of each anchor, `[groups, anchor rows]`.
  package private(set) var counts: Tensor<Int32>
  /// Labels numbered from 0 within each group, `[groups, rows]`; anchors and references share the numbers.
  let anchorLabels, referenceLabels: Tensor<Int32>
  let labelCounts: [Int]
  let anchorCount: Int
  let referenceCount: Int
  let exclusion: ExcludedReference
  /// The partner of each anchor, `[groups, anchor rows]`, -1 where it has none or shares its label; `nil` for none at all.
  private var partners: Tensor<Int32>?

  /// Rows compared with one another: row i is no positive of its own.
  ///
  /// - Parameter labels: any numbers, `[groups, rows]`.
  package init(labels: Tensor<Int32>) {
    self.init(anchorLabels: labels, referenceLabels: labels, excluding: .sameIndex)
  }

  /// Rows compared with one another, where row i has the row `partners_i` as a positive whatever its label.
  ///
  /// - Precondition: both are `[groups, rows]`, and no row is its own partner.
  package init(labels: Tensor<Int32>, partners: Tensor<Int32>) {
    self.init(labels: labels)
    shapePrecondition(
      partners.shape == labels.shape, "partners of \(partners.shape) do not fit labels of \(labels.shape)")
    var (others, more) = (partners, counts)
    let (labels, rows) = (referenceLabels.pointer, referenceCount)
    others.withUnsafeMutableBufferPointer { others in
      more.withUnsafeMutableBufferPointer { counts in
        for index in others.indices {
          let own = index % max(rows, 1)
          let partner = Int(others[index])
          shapePrecondition(partner != own && (0..<rows).contains(partner), "row \(own) has no partner")
          if labels[index - own + partner] == labels[index] { others[index] = -1 } else { counts[index] += 1 }
        }
      }
    }
    counts = more
    self.partners = others
  }

  /// Anchors compared with references; the excluded reference is no positive.
  ///
  /// - Precondition: both tensors are `[groups, rows]` with as many groups.
  package init(
    anchorLabels: Tensor<Int32>, referenceLabels: Tensor<Int32>, excluding exclusion: ExcludedReference
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
    self.anchorLabels = Tensor(numberedAnchors, shape: anchorLabels.shape)
    self.referenceLabels = Tensor(numberedReferences, shape: referenceLabels.shape)
    self.labelCounts = labelCounts
    self.anchorCount = anchorCount
    self.referenceCount = referenceCount
    self.exclusion = exclusion
  }

  /// The references of an anchor by which its positives differ from those of its label: the excluded one, if it has the
  /// label, and the partner; -1 for none.
  func exceptions(of anchor: Int, group: Int) -> (excluded: Int, partner: Int) {
    let index = group * anchorCount + anchor
    let partner = partners.map { Int($0.pointer[index]) } ?? -1
    let reference = exclusion.reference(of: anchor)
    guard reference >= 0, reference < referenceCount,
      referenceLabels.pointer[group * referenceCount + reference] == anchorLabels.pointer[index]
    else { return (-1, partner) }
    return (reference, partner)
  }

  func check<Scalar>(_ comparison: RowComparison<Scalar>) {
    shapePrecondition(
      counts.shape == comparison.shape && referenceCount == comparison.references.rowCount,
      "labels of shape \(counts.shape) and \(referenceCount) references do not fit anchors of "
        + "\(comparison.shape) and \(comparison.references.rowCount) references")
  }
}
