import Tensor

/// Planes of a prepared scan that stand together: all of them, or a slab of neighbours.
struct ScanPart {
  /// The scan's name, with the planes of a slab.
  let name: String
  /// The place of the scan among those that were prepared.
  let scan: Int
  /// The indices of its planes among all planes.
  let planes: [Int]
}

extension ScanPart {
  /// Slabs of `length` planes, evenly spread over the scan, with at least `dropped` planes of nobody between two. A scan that
  /// has not two is one slab.
  func slabs(length: Int, dropped: Int) -> [ScanPart] {
    let count = (planes.count + dropped) / (length + dropped)
    guard count > 1 else { return [self] }
    return (0..<count).map { index in
      let first = index * (planes.count - length) / (count - 1)
      return ScanPart(
        name: "\(name), planes \(first + 1) to \(first + length)", scan: scan,
        planes: Array(planes[first..<first + length]))
    }
  }
}

extension [ScanPart] {
  /// Dealt out: those that validate, at least one of two or more, at even distances from a start that the seed draws, so that
  /// no region of the body is on one side alone; then as many as the budget allows of the others, in a drawn order.
  func dealtOut(
    _ settings: SegmentSettings, _ budget: LabelBudget
  ) -> (training: [ScanPart], validation: [ScanPart]) {
    var generator = RandomKey(seed: settings.seed).stream(for: "patients").generator
    let held = settings.validating(of: count)
    let start = Double(generator.integer(below: 1000)) / 1000
    let distance = Double(count) / Double(Swift.max(held, 1))
    let validating = Set((0..<held).map { Int((Double($0) + start) * distance) })
    let rest = generator.permutation(of: count).filter { !validating.contains($0) }
    let chosen = Set(rest.prefix(budget.patients(of: rest.count)))
    return (
      indices.filter(chosen.contains).map { self[$0] }, indices.filter(validating.contains).map { self[$0] }
    )
  }
}

extension SegmentSettings {
  /// How many of so many patients, or slabs, validate.
  func validating(of count: Int) -> Int {
    let wanted = Int((validationShare * Double(count)).rounded())
    return validationShare > 0 && count > 1 ? min(max(1, wanted), count - 1) : 0
  }
}
