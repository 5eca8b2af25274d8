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
    merger.run(
      // A piece is pushed once, and again each time another joins it.
      heap: scratch.take(.heap, UInt64.self, 2 * smallCount + 1),
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
    for run in 0..<pieces.runCount {
      let piece = Int(pieces.piece[run])
      if piece >= 0, Int(sizes[piece]) < minimum { offsets[piece + 2] += 1 }
    }
    for piece in 0..<pieces.count { offsets[piece + 2] += offsets[piece + 1] }
    let runs = scratch.take(.smallRuns, PieceMerger.Run.self, Int(offsets[pieces.count + 1]))
    for row in 0..<rowCount {
      for run in pieces.rowOffsets[row]..<pieces.rowOffsets[row + 1] {
        let piece = Int(pieces.piece[run])
        guard piece >= 0, Int(sizes[piece]) < minimum else { continue }
        runs[Int(offsets[piece + 1])] = PieceMerger.Run(index: Int32(run), row: Int32(row))
        offsets[piece + 1] += 1
      }
    }
    return UnsafePointer(runs)
  }
}
