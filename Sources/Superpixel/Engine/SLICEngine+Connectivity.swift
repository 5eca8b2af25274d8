internal import CSuperCLKernels
import Tensor

/// The connected pieces of a label image, as runs of equal labels in rows.
struct SegmentPieces {
  /// Where the runs of each row begin; one more than rows.
  let rowOffsets: UnsafeMutablePointer<Int>
  /// The first column of each run.
  let starts: UnsafeMutablePointer<Int32>
  /// The piece of each run, numbered in order of appearance; -1 outside the mask.
  let piece: UnsafeMutablePointer<Int32>
  let rowCount: Int
  let runCount: Int
  var count: Int
}

extension SLICEngine {
  /// Gives each connected piece a label of its own, joins pieces below the minimum size to a neighbor, and
  /// returns the number of labels.
  ///
  /// Two voxels are connected when they share a face. O(pixels + runs log runs).
  func enforceConnectivity(segments: Int) -> Int {
    var pieces = findPieces()
    if splitLargePieces(pieces, segments: segments) { pieces = findPieces() }
    let minimum = minimumSize(segments: segments)
    var count = pieces.count
    var numbers: UnsafePointer<Int32>?
    if let merged = mergeSmallPieces(pieces, minimum: minimum, maximum: maximumSize(segments: segments)) {
      numbers = UnsafePointer(merged.numbers)
      count = merged.count
    }
    forEachRowShare { rows in
      for row in rows { writeLabels(row, pieces, numbers) }
    }
    return count
  }

  /// Pieces with more pixels than this are split; no limit where there is none.
  func maximumSize(segments: Int) -> Int {
    guard let factor = options.maximumSizeFactor else { return .max }
    return max(1, Int(min(factor * Double(pixelCount) / Double(segments), Double(pixelCount)).rounded(.up)))
  }

  /// Pieces with fewer pixels than this join a neighbor.
  private func minimumSize(segments: Int) -> Int {
    Int(min(options.minimumSizeFactor * Double(pixelCount) / Double(segments), Double(pixelCount)))
  }

  func forEachRowShare(_ body: (Range<Int>) -> Void) {
    let chunk = rowShare
    let chunks = (rowCount + chunk - 1) / chunk
    forEachShare(of: chunks, threads: ComputeThreads.count) { _, index in
      body(index * chunk..<min((index + 1) * chunk, rowCount))
    }
  }

  /// Rows that one worker takes at a time: at most 16 shares, and at least 64k pixels each.
  private var rowShare: Int {
    max((rowCount + 15) / 16, min(rowCount, 65_536 / max(width, 1)), 1)
  }

  func writeLabels(_ row: Int, _ pieces: SegmentPieces, _ numbers: UnsafePointer<Int32>?) {
    let first = pieces.rowOffsets[row]
    kernels.fill_runs(
      labels + row * width, Int64(width), pieces.starts + first, pieces.piece + first,
      Int64(pieces.rowOffsets[row + 1] - first), numbers)
  }

  /// Labels the connected pieces of equal labels.
  func findPieces() -> SegmentPieces {
    let rowOffsets = scratch.take(.rowOffsets, Int.self, rowCount + 1)
    forEachRowShare { rows in
      for row in rows { rowOffsets[row + 1] = Int(kernels.runs(labels + row * width, Int64(width), nil)) }
    }
    rowOffsets[0] = 0
    for row in 0..<rowCount { rowOffsets[row + 1] += rowOffsets[row] }
    let runs = rowOffsets[rowCount]
    let starts = scratch.take(.runStarts, Int32.self, runs)
    let parents = scratch.take(.runParents, Int32.self, runs)
    let pieces = SegmentPieces(
      rowOffsets: rowOffsets, starts: starts, piece: parents, rowCount: rowCount, runCount: runs, count: 0)
    forEachRowShare { rows in
      for row in rows {
        _ = kernels.runs(labels + row * width, Int64(width), starts + rowOffsets[row])
        for run in rowOffsets[row]..<rowOffsets[row + 1] { parents[run] = Int32(run) }
      }
      for row in rows {
        if row % height > 0, row - 1 >= rows.lowerBound { link(row, row - 1, pieces) }
        if row >= height, row - height >= rows.lowerBound { link(row, row - height, pieces) }
      }
    }
    // Links between shares.
    for first in stride(from: rowShare, to: rowCount, by: rowShare) {
      if first % height > 0 { link(first, first - 1, pieces) }
      for row in first..<min(first + rowShare, rowCount) where row >= height && row - height < first {
        link(row, row - height, pieces)
      }
    }
    return number(pieces)
  }

  /// Joins the runs of two neighboring rows that overlap and have one label. The root of a tree is its lowest
  /// run, so the outcome does not depend on the order of the links.
  private func link(_ row: Int, _ other: Int, _ pieces: SegmentPieces) {
    let (line, otherLine) = (labels + row * width, labels + other * width)
    let parents = pieces.piece
    forEachOverlap(row, other, pieces) { a, b, start, _ in
      guard line[start] == otherLine[start] else { return }
      let (first, second) = (root(a, parents), root(b, parents))
      if first < second { parents[second] = Int32(first) } else { parents[first] = Int32(second) }
    }
  }

  /// Calls `body(run, otherRun, start, end)` for each pair of runs of two rows that share columns.
  @inline(__always)
  func forEachOverlap(
    _ row: Int, _ other: Int, _ pieces: SegmentPieces, _ body: (Int, Int, Int, Int) -> Void
  ) {
    var (a, b) = (pieces.rowOffsets[row], pieces.rowOffsets[other])
    let (lastA, lastB) = (pieces.rowOffsets[row + 1], pieces.rowOffsets[other + 1])
    var start = 0
    while a < lastA {
      let endA = a + 1 < lastA ? Int(pieces.starts[a + 1]) : width
      let endB = b + 1 < lastB ? Int(pieces.starts[b + 1]) : width
      let end = min(endA, endB)
      body(a, b, start, end)
      if endA == end { a += 1 }
      if endB == end { b += 1 }
      start = end
    }
  }

  @inline(__always)
  private func root(_ run: Int, _ parents: UnsafeMutablePointer<Int32>) -> Int {
    var run = run
    while Int(parents[run]) != run {
      parents[run] = parents[Int(parents[run])]
      run = Int(parents[run])
    }
    return run
  }

  /// Replaces parents by piece numbers in order of appearance; runs outside the mask get -1.
  private func number(_ pieces: SegmentPieces) -> SegmentPieces {
    var pieces = pieces
    let piece = pieces.piece
    var next: Int32 = 0
    for row in 0..<rowCount {
      for run in pieces.rowOffsets[row]..<pieces.rowOffsets[row + 1] {
        let parent = Int(piece[run])
        if parent != run {
          // A parent lies before its child, so it already carries its number.
          piece[run] = piece[parent]
        } else if labels[row * width + Int(pieces.starts[run])] < 0 {
          piece[run] = -1
        } else {
          piece[run] = next
          next += 1
        }
      }
    }
    pieces.count = Int(next)
    return pieces
  }
}
