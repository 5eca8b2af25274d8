internal import CSuperCLKernels
import Tensor

extension SLICEngine {
  /// Joins pieces below `minimum` pixels to a neighbor, smallest first, and returns the label of each piece
  /// and the number of labels; `nil` when there is nothing to do.
  ///
  /// A joined piece is weighed again with its new size and mean. A piece without neighbors (an island of the
  /// mask) stays as it is.
  func mergeSmallPieces(
    _ pieces: SegmentPieces, minimum: Int, maximum: Int
  ) -> (numbers: UnsafeMutablePointer<Int32>, count: Int)? {
    let memory = scratch.take(.components, Int32.self, PieceMerger.words(pieces.count))
    let sizes = memory
    measure(pieces, sizes)
    var smallCount = 0
    for piece in 0..<pieces.count where Int(sizes[piece]) < minimum { smallCount += 1 }
    guard smallCount > 0 else { return nil }
    let merger = PieceMerger(
      pieces: pieces, height: height, width: width, channels: channels, minimum: minimum, maximum: maximum,
      rule: options.smallSegmentRule, memory: memory, sums: sumFeatures(pieces),
      smallRuns: listSmallRuns(pieces, sizes, minimum, PieceMerger.offsets(memory, pieces.count)))
    let words = PieceQueue.words(maximum: minimum, pieces: pieces.count)
    merger.run(
      queue: PieceQueue(
        memory: scratch.take(.queue, Int32.self, words),
        heap: scratch.take(.heap, UInt64.self, smallCount), maximum: minimum),
      contacts: scratch.take(.contacts, Int32.self, pieces.count))
    return (merger.numbers, merger.assignNumbers())
  }

  /// The number of pixels of each piece.
  func measure(_ pieces: SegmentPieces, _ sizes: UnsafeMutablePointer<Int32>) {
    sizes.update(repeating: 0, count: pieces.count)
    for row in 0..<rowCount {
      let (first, end) = (pieces.rowOffsets[row], pieces.rowOffsets[row + 1])
      for run in first..<end where pieces.piece[run] >= 0 {
        let stop = run + 1 < end ? pieces.starts[run + 1] : Int32(width)
        sizes[Int(pieces.piece[run])] += stop - pieces.starts[run]
      }
    }
  }

  /// The sums of the features of each piece.
  private func sumFeatures(_ pieces: SegmentPieces) -> UnsafeMutablePointer<Float> {
    let sums = scratch.take(.componentSums, Float.self, pieces.count * channels)
    sums.update(repeating: 0, count: pieces.count * channels)
    var pass = self.pass
    for row in 0..<rowCount {
      let first = pieces.rowOffsets[row]
      kernels.add_runs(
        &pass, Int64(row), pieces.starts + first, pieces.piece + first,
        Int64(pieces.rowOffsets[row + 1] - first), sums)
    }
    return sums
  }

  /// The runs of the small pieces with their rows, piece by piece; `offsets` says where each begins.
  private func listSmallRuns(
    _ pieces: SegmentPieces, _ sizes: UnsafePointer<Int32>, _ minimum: Int,
    _ offsets: UnsafeMutablePointer<Int32>
  ) -> UnsafePointer<PieceMerger.Run> {
    offsets.update(repeating: 0, count: pieces.count + 2)
    // Which runs they are, found without branches: small and large pieces take turns unpredictably.
    let indices = scratch.take(.runIndices, Int32.self, pieces.runCount + 1)
    var count = 0
    for run in 0..<pieces.runCount {
      let piece = Int(pieces.piece[run])
      let isSmall = piece >= 0 && Int(sizes[max(piece, 0)]) < minimum ? 1 : 0
      indices[count] = Int32(truncatingIfNeeded: run)
      offsets[max(piece, 0) + 2] += Int32(truncatingIfNeeded: isSmall)
      count += isSmall
    }
    for piece in 0..<pieces.count { offsets[piece + 2] += offsets[piece + 1] }
    let runs = scratch.take(.smallRuns, PieceMerger.Run.self, count)
    var next = 0
    for row in 0..<rowCount {
      let end = pieces.rowOffsets[row + 1]
      guard next < count, Int(indices[next]) < end else { continue }
      // The first run that may overlap moves along with the runs of this row.
      var above = RunCursor(row % height > 0, row - 1, pieces)
      var below = RunCursor(row % height + 1 < height, row + 1, pieces)
      var before = RunCursor(row >= height, row - height, pieces)
      var behind = RunCursor(row + height < rowCount, row + height, pieces)
      while next < count, Int(indices[next]) < end {
        let run = Int(indices[next])
        let (piece, start) = (Int(pieces.piece[run]), pieces.starts[run])
        runs[Int(offsets[piece + 1])] = PieceMerger.Run(
          index: Int32(run), row: Int32(row), above: above.move(to: start, pieces),
          below: below.move(to: start, pieces), before: before.move(to: start, pieces),
          behind: behind.move(to: start, pieces))
        offsets[piece + 1] += 1
        next += 1
      }
    }
    return UnsafePointer(runs)
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
