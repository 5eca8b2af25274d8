import Tensor

/// Which slices of a volume belong to which part.
///
/// Neighbouring slices are nearly copies of each other, so single slices dealt at random would put the answers of the test
/// into the training. Slabs of neighbouring slices are dealt instead, to train, train, validation and test in turn, and
/// slices at every border are dropped.
public struct SlabSplit: Sendable, Equatable, Codable {
  /// A part of the data.
  public enum Part: String, Sendable, Codable, CaseIterable {
    case train
    case validation
    case test
  }

  /// A run of neighbouring slices.
  public struct Slab: Sendable, Equatable, Codable {
    public let part: Part
    public let first: Int
    public let last: Int
    public var slices: [Int] { Array(first...last) }
  }

  /// The slabs, from the first slice up.
  public let slabs: [Slab]

  public func slabs(of part: Part) -> [Slab] { slabs.filter { $0.part == part } }
  public func slices(of part: Part) -> [Int] { slabs(of: part).flatMap(\.slices) }

  /// Slabs of equal lengths, but for one slice, beginning at place `phase` of the turn.
  ///
  /// - Precondition: there are slices for every slab.
  init(sliceCount: Int, slabCount: Int, dropped: Int, phase: Int) {
    let turn: [Part] = [.train, .train, .validation, .test]
    let kept = sliceCount - dropped * (slabCount - 1)
    precondition(kept >= slabCount, "\(sliceCount) slices do not fill \(slabCount) slabs")
    var first = 0
    slabs = (0..<slabCount).map { index in
      let length = kept / slabCount + (index < kept % slabCount ? 1 : 0)
      defer { first += length + dropped }
      return Slab(part: turn[(index + phase) % turn.count], first: first, last: first + length - 1)
    }
  }

  /// The split in which the most classes have enough voxels in every part: among those of slabs of about `slabLength`
  /// slices before shorter and longer ones, then those with the most training slabs, and then the one whose scarcest class
  /// has the most voxels in training.
  /// Splits differ in the number of slabs and in the place at which the turn begins.
  ///
  /// - Parameter voxels: For each class, its voxels in every slice.
  /// - Returns: The split and the classes that have enough; `nil` below ten slices, which give no four slabs.
  public static func dealing(
    voxels: [[Int]], sliceCount: Int, slabLength: Int, dropped: Int, minimumVoxels: Int
  ) -> (split: SlabSplit, classes: [Int])? {
    guard sliceCount >= 4 + 3 * dropped else { return nil }
    let ideal = max(4, (sliceCount + dropped + (slabLength + dropped) / 2) / (slabLength + dropped))
    let most = (sliceCount + dropped) / (1 + dropped)
    var best: (split: SlabSplit, classes: [Int], rank: [Int])?
    for slabCount in 4...max(4, most) where abs(slabCount - ideal) <= 3 {
      for phase in 0..<4 {
        let split = SlabSplit(sliceCount: sliceCount, slabCount: slabCount, dropped: dropped, phase: phase)
        func count(_ part: Part, _ slices: [Int]) -> Int {
          split.slices(of: part).reduce(0) { $0 + slices[$1] }
        }
        let classes = voxels.indices.filter { index in
          Part.allCases.allSatisfy { count($0, voxels[index]) >= minimumVoxels }
        }
        let scarcest = classes.map { count(.train, voxels[$0]) }.min() ?? 0
        let isNear = abs(slabCount - ideal) <= 1 ? 1 : 0
        let rank = [classes.count, isNear, split.slabs(of: .train).count, scarcest, -phase]
        if let known = best, !known.rank.lexicographicallyPrecedes(rank) { continue }
        best = (split, classes, rank)
      }
    }
    return best.map { ($0.split, $0.classes) }
  }

  /// `fraction` of the training slices, rounded up: one from each training slab in turn, drawn by the seed.
  public func labelledSlices(fraction: Double, seed: UInt64) -> [Int] {
    var generator = RandomKey(seed: seed).stream(for: "labelled slices").generator
    var remaining = slabs(of: .train).map { slab in
      generator.permutation(of: slab.slices.count).map { slab.slices[$0] }
    }
    let total = remaining.reduce(0) { $0 + $1.count }
    let wanted = min(total, Int((fraction * Double(total) * (1 - 1e-12)).rounded(.up)))
    var chosen: [Int] = []
    while chosen.count < wanted {
      for slab in remaining.indices where chosen.count < wanted {
        if let slice = remaining[slab].popLast() { chosen.append(slice) }
      }
    }
    return chosen.sorted()
  }
}
