internal import CSuperCLKernels
import Tensor

extension SLICEngine {
  /// Gives each connected piece a label of its own, joins pieces below the minimum size to a neighbor, and
  /// returns the number of labels.
  ///
  /// Two voxels are connected when they share a face. O(pixels + runs log runs).
  func enforceConnectivity(segments: Int) -> Int {
    var pieces = findPieces()
    if splitLargePieces(pieces, segments: segments) { pieces = findPieces() }
    mergeSmallPieces(
      pieces, minimum: minimumSize(segments: segments), maximum: maximumSize(segments: segments))
    let numbers = pieces.sizes
    let count = number(pieces, numbers)
    forEachRowShare { _, _, rows in
      for row in rows { writeLabels(row, pieces, numbers) }
    }
    return count
  }

  /// Pieces with more pixels than this are split; no limit where there is none.
  func maximumSize(segments: Int) -> Int {
    guard let factor = options.maximumSizeFactor else { return .max }
    let size = factor * Double(pixelCount) / Double(segments)
    return max(1, Int(min(size, Double(pixelCount)).wholeNumber(.up)))
  }

  /// Pieces with fewer pixels than this join a neighbor.
  private func minimumSize(segments: Int) -> Int {
    let size = options.minimumSizeFactor * Double(pixelCount) / Double(segments)
    return Int(min(size, Double(pixelCount)).wholeNumber(.down))
  }

  /// Numbers the pieces in order of their first fragment, and returns how many there are.
  private func number(_ pieces: SegmentPieces, _ numbers: UnsafeMutablePointer<Int32>) -> Int {
    let roots = scratch.take(.roots, Int32.self, pieces.fragmentCount)
    forEachRowShare { _, share, _ in
      for fragment in pieces.fragments(of: share) {
        numbers[fragment] = -1
        // A piece that was joined to another leads on to it. Nothing is written that others read.
        var piece = pieces.pieces[fragment]
        while pieces.pieces[Int(piece)] != piece { piece = pieces.pieces[Int(piece)] }
        roots[fragment] = piece
      }
    }
    var next: Int32 = 0
    for fragment in 0..<pieces.fragmentCount {
      let piece = Int(roots[fragment])
      // A piece that appears before the fragment it is named after gets its number there.
      if numbers[piece] < 0 {
        numbers[piece] = next
        next += 1
      }
      numbers[fragment] = numbers[piece]
    }
    return Int(next)
  }

  /// Sets the labels of a row to the numbers of its fragments.
  func writeLabels(_ row: Int, _ pieces: SegmentPieces, _ numbers: UnsafePointer<Int32>) {
    let first = pieces.rowOffsets[row]
    kernels.fill_runs(
      labels + row * width, Int64(width), pieces.starts + first, pieces.fragments + first,
      Int64(pieces.rowOffsets[row + 1] - first), numbers)
  }
}
