internal import CSuperCLKernels
import Tensor

extension SLICEngine {
  /// Rows of a share: at most 16 shares, of about 64k pixels or more, and at least eight planes of a volume: what
  /// touches another share waits for one thread.
  private var shareHeight: Int {
    let planes = depth > 1 ? 8 * height : 1
    return max((rowCount + 15) / 16, min(rowCount, max(65_536 / max(width, 1), planes)), 1)
  }

  private var shareCount: Int { (rowCount + shareHeight - 1) / shareHeight }

  /// Calls `body(thread, share, rows)` for the shares of the rows, on all threads.
  func forEachRowShare(_ body: (Int, Int, Range<Int>) -> Void) {
    forEachShare(of: shareCount, threads: threads) { thread, share in
      body(thread, share, share * shareHeight..<min((share + 1) * shareHeight, rowCount))
    }
  }

  /// The rows that touch a row and come before it.
  private func rowsBefore(_ row: Int) -> (above: Int?, before: Int?) {
    (row % height > 0 ? row - 1 : nil, row >= height ? row - height : nil)
  }

  /// Whether a row touches one outside a share.
  func touchesOtherShares(_ row: Int, of rows: Range<Int>) -> Bool {
    (row % height > 0 && row - 1 < rows.lowerBound)
      || (row % height + 1 < height && row + 1 >= rows.upperBound)
      || (row >= height && row - height < rows.lowerBound)
      || (row + height < rowCount && row + height >= rows.upperBound)
  }

  /// Finds the connected pieces of equal labels, and their sizes.
  func findPieces() -> SegmentPieces {
    let rowOffsets = scratch.take(.rowOffsets, Int.self, rowCount + 1)
    forEachRowShare { _, _, rows in
      for row in rows { rowOffsets[row + 1] = Int(kernels.runs(labels + row * width, Int64(width), nil)) }
    }
    let runs = rowOffsets.turnCountsIntoOffsets(rowCount)
    let starts = scratch.take(.runStarts, Int32.self, runs)
    let fragments = scratch.take(.runFragments, Int32.self, runs)
    let fragmentOffsets = scratch.take(.fragmentOffsets, Int.self, shareCount + 1)
    let forest = RunForest(rowOffsets: rowOffsets, starts: starts, parents: fragments)
    forEachRowShare { _, share, rows in
      for row in rows {
        _ = kernels.runs(labels + row * width, Int64(width), starts + rowOffsets[row])
        for run in rowOffsets[row]..<rowOffsets[row + 1] { fragments[run] = Int32(run) }
      }
      for row in rows {
        let (above, before) = rowsBefore(row)
        if let above, above >= rows.lowerBound { link(row, above, forest) }
        if let before, before >= rows.lowerBound { link(row, before, forest) }
      }
      fragmentOffsets[share + 1] = number(rows, forest)
    }
    let count = fragmentOffsets.turnCountsIntoOffsets(shareCount)
    let tables = scratch.take(.pieces, Int32.self, 2 * count)
    var pieces = SegmentPieces(
      rowOffsets: rowOffsets, starts: starts, fragments: fragments, fragmentOffsets: fragmentOffsets,
      pieces: tables, sizes: tables + count, joined: UnsafeBufferPointer(start: nil, count: 0),
      fragmentCount: count, shareCount: shareCount)
    forEachRowShare { [pieces] _, share, rows in measure(rows, share, pieces) }
    pieces.joined = joinShares(pieces)
    return pieces
  }

  /// Joins the runs of two neighboring rows that overlap and have one label. The root of a tree is its lowest
  /// run, so the outcome does not depend on the order of the links.
  private func link(_ row: Int, _ other: Int, _ forest: RunForest) {
    let (line, otherLine) = (labels + row * width, labels + other * width)
    forEachOverlap(row, other, forest.rowOffsets, forest.starts) { a, b, start in
      guard line[start] == otherLine[start] else { return }
      forest.join(Int32(a), Int32(b))
    }
  }

  /// Calls `body(run, otherRun, start)` for each pair of runs of two rows that share columns.
  @inline(__always)
  private func forEachOverlap(
    _ row: Int, _ other: Int, _ rowOffsets: UnsafeMutablePointer<Int>, _ starts: UnsafeMutablePointer<Int32>,
    _ body: (Int, Int, Int) -> Void
  ) {
    var (a, b) = (rowOffsets[row], rowOffsets[other])
    let (lastA, lastB) = (rowOffsets[row + 1], rowOffsets[other + 1])
    var start = 0
    while a < lastA {
      let endA = a + 1 < lastA ? Int(starts[a + 1]) : width
      let endB = b + 1 < lastB ? Int(starts[b + 1]) : width
      let end = min(endA, endB)
      body(a, b, start)
      if endA == end { a += 1 }
      if endB == end { b += 1 }
      start = end
    }
  }

  /// Replaces the parents of a share's runs by the numbers of its fragments, from 0 on, in order of appearance
  /// (-1 outside the mask), and returns how many there are.
  private func number(_ rows: Range<Int>, _ forest: RunForest) -> Int {
    let parents = forest.parents
    var next: Int32 = 0
    for row in rows {
      for run in forest.rowOffsets[row]..<forest.rowOffsets[row + 1] {
        let parent = Int(parents[run])
        if parent != run {
          // A parent lies before its child, so it already carries its number.
          parents[run] = parents[parent]
        } else if labels[row * width + Int(forest.starts[run])] < 0 {
          parents[run] = -1
        } else {
          parents[run] = next
          next += 1
        }
      }
    }
    return Int(next)
  }

  /// Makes the fragments of a share pieces of their own, with their sizes.
  private func measure(_ rows: Range<Int>, _ share: Int, _ pieces: SegmentPieces) {
    let base = Int32(pieces.fragmentOffsets[share])
    for fragment in pieces.fragments(of: share) {
      pieces.pieces[fragment] = Int32(fragment)
      pieces.sizes[fragment] = 0
    }
    for row in rows {
      let (first, end) = (pieces.rowOffsets[row], pieces.rowOffsets[row + 1])
      for run in first..<end where pieces.fragments[run] >= 0 {
        let fragment = pieces.fragments[run] + base
        let stop = run + 1 < end ? pieces.starts[run + 1] : Int32(width)
        pieces.fragments[run] = fragment
        pieces.sizes[Int(fragment)] += stop - pieces.starts[run]
      }
    }
  }

  /// Joins the fragments of neighboring shares, and returns those that are named after another now.
  private func joinShares(_ pieces: SegmentPieces) -> UnsafeBufferPointer<Int32> {
    let forest = RunForest(rowOffsets: pieces.rowOffsets, starts: pieces.starts, parents: pieces.pieces)
    let joined = scratch.take(.joinedFragments, Int32.self, pieces.fragmentCount)
    var count = 0
    func join(_ row: Int, _ other: Int) {
      let (line, otherLine) = (labels + row * width, labels + other * width)
      forEachOverlap(row, other, pieces.rowOffsets, pieces.starts) { a, b, start in
        guard line[start] == otherLine[start], pieces.fragments[a] >= 0 else { return }
        guard let follower = forest.join(pieces.fragments[a], pieces.fragments[b]) else { return }
        joined[count] = follower
        count += 1
      }
    }
    for first in stride(from: shareHeight, to: rowCount, by: shareHeight) {
      for row in first..<min(first + height, first + shareHeight, rowCount) {
        let (above, before) = rowsBefore(row)
        if let above, above < first { join(row, above) }
        if let before, before < first { join(row, before) }
      }
    }
    let followers = UnsafeBufferPointer(start: joined, count: count)
    for follower in followers {
      let piece = forest.root(follower)
      pieces.pieces[Int(follower)] = piece
      pieces.sizes[Int(piece)] += pieces.sizes[Int(follower)]
    }
    return followers
  }
}

/// Trees of runs, or of fragments, whose root is the lowest.
private struct RunForest {
  let rowOffsets: UnsafeMutablePointer<Int>
  let starts: UnsafeMutablePointer<Int32>
  let parents: UnsafeMutablePointer<Int32>

  /// Joins two trees, and returns the root that is one no more.
  @inline(__always)
  @discardableResult
  func join(_ a: Int32, _ b: Int32) -> Int32? {
    let (first, second) = (root(a), root(b))
    guard first != second else { return nil }
    parents[Int(max(first, second))] = min(first, second)
    return max(first, second)
  }

  @inline(__always)
  func root(_ run: Int32) -> Int32 {
    var run = run
    while parents[Int(run)] != run {
      parents[Int(run)] = parents[Int(parents[Int(run)])]
      run = parents[Int(run)]
    }
    return run
  }
}
