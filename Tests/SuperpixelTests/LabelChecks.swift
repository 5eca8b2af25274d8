import Superpixel
import Tensor

/// What must hold for any segmentation, checked by independent and simple means.
enum LabelChecks {
  /// The number of connected pieces of each label, by flooding; negative labels are left out.
  static func pieces(_ map: LabelMap) -> [Int32: Int] {
    let extents = (map.shape.rank == 2 ? [1] : []) + map.shape.dimensions
    let strides = [extents[1] * extents[2], extents[2], 1]
    let labels = map.labels.scalars
    var seen = [Bool](repeating: false, count: labels.count)
    var pieces: [Int32: Int] = [:]
    var stack: [Int] = []
    for start in labels.indices where labels[start] >= 0 && !seen[start] {
      pieces[labels[start], default: 0] += 1
      seen[start] = true
      stack = [start]
      while let index = stack.popLast() {
        for axis in 0..<3 {
          let position = index / strides[axis] % extents[axis]
          for (allowed, other) in [
            (position > 0, index - strides[axis]), (position + 1 < extents[axis], index + strides[axis]),
          ] where allowed && !seen[other] && labels[other] == labels[index] {
            seen[other] = true
            stack.append(other)
          }
        }
      }
    }
    return pieces
  }

  /// A sentence about what is wrong, or `nil`: labels are dense, each is one piece, and pixels carry
  /// ``Superpixels/maskedLabel`` exactly outside the mask.
  static func problem(_ result: Superpixels, mask: [Bool]? = nil) -> String? {
    problem(result.labels, count: result.count, mask: mask)
  }

  static func problem(_ map: LabelMap, count: Int, mask: [Bool]?, onePiece: Bool = true) -> String? {
    for (index, label) in map.labels.scalars.enumerated() {
      let inside = mask?[index] ?? true
      if inside != (label >= 0) || (!inside && label != Superpixels.maskedLabel) {
        return "label \(label) at \(index), inside: \(inside)"
      }
    }
    let pieces = pieces(map)
    if pieces.count != count || !pieces.keys.allSatisfy({ (0..<Int32(count)).contains($0) }) {
      return "labels \(pieces.keys.sorted()) are not 0 ..< \(count)"
    }
    if onePiece, let (label, count) = pieces.first(where: { $0.value != 1 }) {
      return "label \(label) has \(count) pieces"
    }
    return nil
  }

  /// The share of pixels at which two label images are the same partition: each label of `a` is matched with
  /// its most frequent label of `b`.
  static func agreement(_ a: [Int32], _ b: [Int32]) -> Double {
    var counts: [[Int32]: Int] = [:]
    for (first, second) in zip(a, b) { counts[[first, second], default: 0] += 1 }
    var best: [Int32: Int] = [:]
    for (pair, count) in counts { best[pair[0]] = max(best[pair[0]] ?? 0, count) }
    return Double(best.values.reduce(0, +)) / Double(a.count)
  }
}
