internal import CSuperCLKernels
import Tensor

extension SLICEngine {
  /// Joins pieces below `minimum` pixels to a neighbor, smallest first; `pieces` and sizes are those of the
  /// joined ones afterwards.
  ///
  /// A joined piece is weighed again with its new size and mean. In images of several shares the pieces inside a
  /// share come first where `mergesShares` allows it, share by share, and weigh large pieces by the mean from before;
  /// then come those that touch another share. A piece without neighbors (an island of the mask) stays as it is.
  func mergeSmallPieces(_ pieces: SegmentPieces, minimum: Int, maximum: Int) {
    guard let smallRuns = listSmallRuns(pieces, minimum) else { return }
    let count = pieces.fragmentCount
    let tables = scratch.take(.components, Int32.self, 3 * count)
    let merger = PieceMerger(
      pieces: pieces, height: height, width: width, channels: channels, minimum: minimum, maximum: maximum,
      rule: options.smallSegmentRule, sums: sumFeatures(pieces), smallRuns: smallRuns.runs,
      runEnds: smallRuns.ends, next: tables, last: tables + count, places: tables + 2 * count)
    let large = prepare(merger)
    // Each face of a small piece touches one other.
    let neighbors = min(6 * minimum, count)
    let inShares = mergesShares(pieces, large.count, maximum)
    let threads = inShares ? min(threads, pieces.shareCount) : 1
    let memory = MergeMemory(
      links: scratch.take(.queue, Int32.self, threads * PieceQueue.listWords(maximum: minimum) + count),
      heap: scratch.take(.heap, UInt64.self, count),
      contacts: scratch.take(.contacts, Int32.self, threads * ContactTable.words(neighbors)),
      minimum: minimum, neighbors: neighbors, count: count)
    if inShares { mergeInside(merger, large, memory) }
    var (queue, contacts) = memory.ofThread(0, heapOffset: 0)
    merger.mergeAll(&queue, &contacts)
  }

  /// Whether the shares begin on their own. Together they could exceed a maximum size; and where large pieces
  /// are so many that each share's table of them is no small matter, little is left to do for several threads.
  private func mergesShares(_ pieces: SegmentPieces, _ largeCount: Int, _ maximum: Int) -> Bool {
    pieces.shareCount > 1 && maximum == .max
      && pieces.shareCount * largeCount * (channels + 1) <= pixelCount / 4
  }

  private func mergeInside(
    _ merger: PieceMerger, _ large: UnsafeBufferPointer<Int32>, _ memory: MergeMemory
  ) {
    let pieces = merger.pieces
    let words = large.count * (channels + 1)
    let tables = scratch.take(.growth, Int32.self, pieces.shareCount * words)
    func growth(_ share: Int) -> PieceMerger.Growth {
      let sizes = tables + share * words
      let sums = UnsafeMutableRawPointer(sizes + large.count)
      return PieceMerger.Growth(
        sizes: sizes, sums: sums.bindMemory(to: Float.self, capacity: large.count * channels))
    }
    forEachRowShare { thread, share, _ in
      (tables + share * words).update(repeating: 0, count: words)  // A Float of these bits is 0 as well.
      var (queue, contacts) = memory.ofThread(thread, heapOffset: pieces.fragments(of: share).lowerBound)
      merger.merge(share: share, &queue, &contacts, growth(share))
    }
    for share in 0..<pieces.shareCount { merger.add(growth(share), to: large) }
  }

  /// Fills the merger's lists of members and its places, and returns the large pieces.
  private func prepare(_ merger: PieceMerger) -> UnsafeBufferPointer<Int32> {
    let pieces = merger.pieces
    forEachRowShare { _, share, rows in
      for fragment in pieces.fragments(of: share) {
        merger.next[fragment] = -1
        merger.last[fragment] = Int32(truncatingIfNeeded: fragment)
        merger.places[fragment] = PieceMerger.Place.inside
      }
      for row in rows where touchesOtherShares(row, of: rows) {
        for run in pieces.rowOffsets[row]..<pieces.rowOffsets[row + 1] where pieces.fragments[run] >= 0 {
          merger.places[Int(pieces.fragments[run])] = PieceMerger.Place.border
        }
      }
    }
    for fragment in pieces.joined {
      let piece = pieces.pieces[Int(fragment)]
      if merger.isSmall(piece) { merger.append(fragment, to: piece) }
    }
    return listLargePieces(merger)
  }

  /// Gives each large piece its place, and returns them in order.
  private func listLargePieces(_ merger: PieceMerger) -> UnsafeBufferPointer<Int32> {
    let pieces = merger.pieces
    let large = scratch.take(.large, Int32.self, pixelCount / max(merger.minimum, 1) + 1)
    let offsets = scratch.take(.largeOffsets, Int.self, pieces.shareCount + 1)
    func isLarge(_ fragment: Int) -> Bool {
      pieces.pieces[fragment] == fragment && !merger.isSmall(Int32(truncatingIfNeeded: fragment))
    }
    forEachRowShare { _, share, _ in offsets[share + 1] = pieces.fragments(of: share).count(where: isLarge) }
    let count = offsets.turnCountsIntoOffsets(pieces.shareCount)
    forEachRowShare { _, share, _ in
      var place = offsets[share]
      for fragment in pieces.fragments(of: share) where isLarge(fragment) {
        merger.places[fragment] = Int32(truncatingIfNeeded: place)
        large[place] = Int32(truncatingIfNeeded: fragment)
        place += 1
      }
    }
    return UnsafeBufferPointer(start: large, count: count)
  }

  /// The sums of the features of each piece.
  private func sumFeatures(_ pieces: SegmentPieces) -> UnsafeMutablePointer<Float> {
    let sums = scratch.take(.componentSums, Float.self, pieces.fragmentCount * channels)
    let pass = self.pass
    forEachRowShare { _, share, rows in
      let own = pieces.fragments(of: share)
      (sums + own.lowerBound * channels).update(repeating: 0, count: own.count * channels)
      withUnsafePointer(to: pass) { pass in
        for row in rows {
          let first = pieces.rowOffsets[row]
          kernels.add_runs(
            pass, Int64(row), pieces.starts + first, pieces.fragments + first,
            Int64(pieces.rowOffsets[row + 1] - first), sums)
        }
      }
    }
    for fragment in pieces.joined {
      let piece = Int(pieces.pieces[Int(fragment)])
      for channel in 0..<channels {
        sums[piece * channels + channel] += sums[Int(fragment) * channels + channel]
      }
    }
    return sums
  }

  /// The runs of the small pieces with their rows, fragment by fragment, and where those of each end; `nil` where
  /// no piece is small.
  private func listSmallRuns(
    _ pieces: SegmentPieces, _ minimum: Int
  ) -> (runs: UnsafePointer<PieceMerger.Run>, ends: UnsafePointer<Int32>)? {
    let ends = scratch.take(.runEnds, Int32.self, pieces.fragmentCount)
    let indices = scratch.take(.runIndices, Int32.self, pieces.rowOffsets[rowCount])
    let offsets = scratch.take(.smallRunOffsets, Int.self, pieces.shareCount + 1)
    forEachRowShare { _, share, rows in
      for fragment in pieces.fragments(of: share) { ends[fragment] = 0 }
      // Which runs they are, found without branches: small and large pieces take turns unpredictably.
      let first = pieces.rowOffsets[rows.lowerBound]
      var count = 0
      for run in first..<pieces.rowOffsets[rows.upperBound] where pieces.fragments[run] >= 0 {
        let fragment = Int(pieces.fragments[run])
        let isSmall = Int(pieces.sizes[Int(pieces.pieces[fragment])]) < minimum ? 1 : 0
        indices[first + count] = Int32(truncatingIfNeeded: run)
        ends[fragment] += Int32(truncatingIfNeeded: isSmall)
        count += isSmall
      }
      offsets[share + 1] = count
    }
    let count = offsets.turnCountsIntoOffsets(pieces.shareCount)
    guard count > 0 else { return nil }
    let runs = scratch.take(.smallRuns, PieceMerger.Run.self, count)
    forEachRowShare { _, share, rows in
      // Where the runs of each fragment begin; they move on to where they end as the runs are written.
      var begin = Int32(truncatingIfNeeded: offsets[share])
      for fragment in pieces.fragments(of: share) {
        (ends[fragment], begin) = (begin, begin + ends[fragment])
      }
      let first = pieces.rowOffsets[rows.lowerBound]
      let small = UnsafeBufferPointer(
        start: indices + first, count: offsets[share + 1] - offsets[share])
      writeSmallRuns(small, rows, pieces, runs, ends)
    }
    return (UnsafePointer(runs), UnsafePointer(ends))
  }

  /// Writes the runs of a share where `places` says, and moves those on.
  private func writeSmallRuns(
    _ small: UnsafeBufferPointer<Int32>, _ rows: Range<Int>, _ pieces: SegmentPieces,
    _ runs: UnsafeMutablePointer<PieceMerger.Run>, _ places: UnsafeMutablePointer<Int32>
  ) {
    var next = 0
    for row in rows {
      let end = pieces.rowOffsets[row + 1]
      guard next < small.count, Int(small[next]) < end else { continue }
      // The first run that may overlap moves along with the runs of this row.
      var above = RunCursor(row % height > 0, row - 1, pieces)
      var below = RunCursor(row % height + 1 < height, row + 1, pieces)
      var before = RunCursor(row >= height, row - height, pieces)
      var behind = RunCursor(row + height < rowCount, row + height, pieces)
      while next < small.count, Int(small[next]) < end {
        let run = Int(small[next])
        let (fragment, start) = (Int(pieces.fragments[run]), pieces.starts[run])
        runs[Int(places[fragment])] = PieceMerger.Run(
          index: Int32(run), row: Int32(row), above: above.move(to: start, pieces),
          below: below.move(to: start, pieces), before: before.move(to: start, pieces),
          behind: behind.move(to: start, pieces))
        places[fragment] += 1
        next += 1
      }
    }
  }
}

/// What the threads work with while they join pieces.
private struct MergeMemory {
  let links: UnsafeMutablePointer<Int32>
  let heap: UnsafeMutablePointer<UInt64>
  let contacts: UnsafeMutablePointer<Int32>
  let minimum: Int
  let neighbors: Int
  /// Fragments.
  let count: Int

  /// An empty queue and an empty table of contacts; the shares' heaps lie apart.
  func ofThread(_ thread: Int, heapOffset: Int) -> (PieceQueue, ContactTable) {
    let lists = links + count + thread * PieceQueue.listWords(maximum: minimum)
    return (
      PieceQueue(links: links, lists: lists, heap: heap + heapOffset, maximum: minimum),
      ContactTable(memory: contacts + thread * ContactTable.words(neighbors), capacity: neighbors)
    )
  }
}

/// A place among the runs of a row that moves forward.
private struct RunCursor {
  private var run: Int
  private let end: Int

  /// At the first run of a row, or nowhere when there is no such row.
  @inline(__always)
  init(_ exists: Bool, _ row: Int, _ pieces: SegmentPieces) {
    run = exists ? pieces.rowOffsets[row] : -1
    end = exists ? pieces.rowOffsets[row + 1] : -1
  }

  /// The run that holds a column, or -1.
  @inline(__always)
  mutating func move(to column: Int32, _ pieces: SegmentPieces) -> Int32 {
    while run + 1 < end, pieces.starts[run + 1] <= column { run += 1 }
    return Int32(run)
  }
}
