internal import CSuperCLKernels
import Tensor

extension SLICEngine {
  /// Joins pieces below `minimum` pixels to a neighbor, smallest first, and returns the label of each piece
  /// and the number of labels; `nil` when there is nothing to do.
  ///
  /// A joined piece is weighed again with its new size and mean. A piece without neighbors (an island of the
  /// mask) stays as it is.
  func mergeSmallPieces(
    _ pieces: SegmentPieces, minimum: Int
  ) -> (numbers: UnsafeMutablePointer<Int32>, count: Int)? {
    let memory = scratch.take(.components, Int32.self, pieces.count * 7)
    let sizes = memory
    sizes.update(repeating: 0, count: pieces.count)
    for row in 0..<rowCount {
      for run in pieces.rowOffsets[row]..<pieces.rowOffsets[row + 1] where pieces.piece[run] >= 0 {
        let end = run + 1 < pieces.rowOffsets[row + 1] ? pieces.starts[run + 1] : Int32(width)
        sizes[Int(pieces.piece[run])] += end - pieces.starts[run]
      }
    }
    guard (0..<pieces.count).contains(where: { Int(sizes[$0]) < minimum }) else { return nil }
    var merger = PieceMerger(
      count: pieces.count, channels: channels, minimum: minimum, rule: options.smallSegmentRule,
      memory: memory,
      sums: pieceSums(pieces))
    collectEdges(pieces, &merger)
    merger.run(heap: scratch.take(.heap, UInt64.self, merger.heapBound))
    return (merger.numbers, merger.assignNumbers())
  }

  /// The sums of the features of each piece.
  private func pieceSums(_ pieces: SegmentPieces) -> UnsafeMutablePointer<Float> {
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

  /// Stores for each small piece its neighbors with the number of faces they share.
  private func collectEdges(_ pieces: SegmentPieces, _ merger: inout PieceMerger) {
    forEachContact(pieces) { a, b, _ in
      if merger.isSmall(a) { merger.edgeOffsets[Int(a) + 1] += 1 }
      if merger.isSmall(b) { merger.edgeOffsets[Int(b) + 1] += 1 }
    }
    let edges = merger.prepareEdges { scratch.take(.edges, PieceMerger.Edge.self, $0) }
    forEachContact(pieces) { a, b, faces in
      if merger.isSmall(a) {
        edges[Int(merger.edgeOffsets[Int(a)])] = PieceMerger.Edge(other: b, faces: faces)
        merger.edgeOffsets[Int(a)] += 1
      }
      if merger.isSmall(b) {
        edges[Int(merger.edgeOffsets[Int(b)])] = PieceMerger.Edge(other: a, faces: faces)
        merger.edgeOffsets[Int(b)] += 1
      }
    }
    merger.rewindEdges()
  }

  /// Calls `body(piece, otherPiece, faces)` for each contact of two pieces along a row or between rows.
  @inline(__always)
  private func forEachContact(_ pieces: SegmentPieces, _ body: (Int32, Int32, Int32) -> Void) {
    for row in 0..<rowCount {
      for run in pieces.rowOffsets[row]..<pieces.rowOffsets[row + 1] - 1 {
        let (a, b) = (pieces.piece[run], pieces.piece[run + 1])
        if a >= 0, b >= 0, a != b { body(a, b, 1) }
      }
      if row % height > 0 {
        forEachOverlap(row, row - 1, pieces) { run, other, start, end in
          let (a, b) = (pieces.piece[run], pieces.piece[other])
          if a >= 0, b >= 0, a != b { body(a, b, Int32(end - start)) }
        }
      }
      if row >= height {
        forEachOverlap(row, row - height, pieces) { run, other, start, end in
          let (a, b) = (pieces.piece[run], pieces.piece[other])
          if a >= 0, b >= 0, a != b { body(a, b, Int32(end - start)) }
        }
      }
    }
  }
}

/// Joins small pieces to their neighbors, smallest first.
struct PieceMerger {
  struct Edge: BitwiseCopyable {
    var other: Int32
    var faces: Int32
  }

  let count: Int
  let channels: Int
  let minimum: Int
  let rule: SLIC.SmallSegmentRule
  /// Pixels of each piece, and of each group at its root.
  let sizes: UnsafeMutablePointer<Int32>
  /// The piece that each piece was joined to; itself for a root.
  let parents: UnsafeMutablePointer<Int32>
  /// The pieces of a group as a list: first at the root, next at each member, last at the root.
  let next: UnsafeMutablePointer<Int32>
  let last: UnsafeMutablePointer<Int32>
  /// Faces shared with the group in hand; 0 outside a step.
  let faces: UnsafeMutablePointer<Int32>
  let edgeOffsets: UnsafeMutablePointer<Int32>
  let sums: UnsafeMutablePointer<Float>
  private(set) var edges: UnsafeMutablePointer<Edge>?
  private var smallCount = 0

  init(
    count: Int, channels: Int, minimum: Int, rule: SLIC.SmallSegmentRule, memory: UnsafeMutablePointer<Int32>,
    sums: UnsafeMutablePointer<Float>
  ) {
    self.count = count
    self.channels = channels
    self.minimum = minimum
    self.rule = rule
    self.sums = sums
    sizes = memory
    parents = memory + count
    next = memory + 2 * count
    last = memory + 3 * count
    faces = memory + 4 * count
    edgeOffsets = memory + 5 * count  // count + 1 of 2 * count
    for piece in 0..<count {
      parents[piece] = Int32(piece)
      next[piece] = -1
      last[piece] = Int32(piece)
      faces[piece] = 0
      edgeOffsets[piece + 1] = 0
      smallCount += isSmall(Int32(piece)) ? 1 : 0
    }
    edgeOffsets[0] = 0
  }

  /// A piece is pushed once, and again each time another joins it.
  var heapBound: Int { 2 * smallCount + 1 }

  func isSmall(_ piece: Int32) -> Bool { Int(sizes[Int(piece)]) < minimum }

  mutating func prepareEdges(_ take: (Int) -> UnsafeMutablePointer<Edge>) -> UnsafeMutablePointer<Edge> {
    for piece in 0..<count { edgeOffsets[piece + 1] += edgeOffsets[piece] }
    let memory = take(Int(edgeOffsets[count]))
    edges = memory
    return memory
  }

  /// Filling moved each offset to the end of its list.
  func rewindEdges() {
    for piece in stride(from: count, to: 0, by: -1) { edgeOffsets[piece] = edgeOffsets[piece - 1] }
    edgeOffsets[0] = 0
  }

  private func root(_ piece: Int32) -> Int32 {
    var piece = piece
    while parents[Int(piece)] != piece {
      parents[Int(piece)] = parents[Int(parents[Int(piece)])]
      piece = parents[Int(piece)]
    }
    return piece
  }

  /// The labels, at the place of the sizes: valid after `assignNumbers`.
  var numbers: UnsafeMutablePointer<Int32> { last }

  func run(heap memory: UnsafeMutablePointer<UInt64>) {
    var heap = MinimumHeap(memory)
    func push(_ piece: Int32) { heap.push(UInt64(sizes[Int(piece)]) << 32 | UInt64(piece)) }
    for piece in 0..<Int32(count) where isSmall(piece) { push(piece) }
    while let key = heap.pop() {
      let piece = Int32(truncatingIfNeeded: key & 0xffff_ffff)
      guard parents[Int(piece)] == piece, UInt64(sizes[Int(piece)]) == key >> 32 else { continue }
      guard let target = bestNeighbor(of: piece) else { continue }
      let wasSmall = isSmall(target)
      join(piece, to: target)
      if wasSmall && isSmall(target) { push(target) }
    }
  }

  private func bestNeighbor(of piece: Int32) -> Int32? {
    guard let edges else { return nil }
    var best: Int32?
    var member = piece
    func forEachNeighbor(_ body: (Int32, Int32) -> Void) {
      member = piece
      while member >= 0 {
        for index in Int(edgeOffsets[Int(member)])..<Int(edgeOffsets[Int(member) + 1]) {
          let other = root(edges[index].other)
          if other != piece { body(other, edges[index].faces) }
        }
        member = next[Int(member)]
      }
    }
    forEachNeighbor { other, shared in faces[Int(other)] += shared }
    forEachNeighbor { other, _ in
      if other != best, best.map({ isBetter(other, than: $0, for: piece) }) ?? true { best = other }
    }
    forEachNeighbor { other, _ in faces[Int(other)] = 0 }
    return best
  }

  private func isBetter(_ a: Int32, than b: Int32, for piece: Int32) -> Bool {
    let (first, second) = (distance(a, piece), distance(b, piece))
    let (long, short) = (faces[Int(a)], faces[Int(b)])
    switch rule {
    case .closestMean:
      return first != second ? first < second : long != short ? long > short : a < b
    case .longestBorder:
      return long != short ? long > short : first != second ? first < second : a < b
    }
  }

  private func distance(_ a: Int32, _ b: Int32) -> Float {
    var total: Float = 0
    for channel in 0..<channels {
      let difference =
        sums[Int(a) * channels + channel] / Float(sizes[Int(a)])
        - sums[Int(b) * channels + channel] / Float(sizes[Int(b)])
      total += difference * difference
    }
    return total
  }

  private func join(_ piece: Int32, to target: Int32) {
    parents[Int(piece)] = target
    // Neighbors matter only while the group is small, and then it has small members alone.
    if isSmall(target) {
      next[Int(last[Int(target)])] = piece
      last[Int(target)] = last[Int(piece)]
    }
    sizes[Int(target)] += sizes[Int(piece)]
    for channel in 0..<channels {
      sums[Int(target) * channels + channel] += sums[Int(piece) * channels + channel]
    }
  }

  /// Numbers the groups in order of their first piece and returns how many there are.
  func assignNumbers() -> Int {
    let numbers = self.numbers
    for piece in 0..<count { next[piece] = -1 }
    var count: Int32 = 0
    for piece in 0..<self.count {
      let root = Int(root(Int32(piece)))
      if next[root] < 0 {
        next[root] = count
        count += 1
      }
      numbers[piece] = next[root]
    }
    return Int(count)
  }
}

/// A binary heap of keys in memory that the caller provides.
struct MinimumHeap {
  private let keys: UnsafeMutablePointer<UInt64>
  private var count = 0

  init(_ keys: UnsafeMutablePointer<UInt64>) { self.keys = keys }

  mutating func push(_ key: UInt64) {
    var index = count
    count += 1
    while index > 0, keys[(index - 1) / 2] > key {
      keys[index] = keys[(index - 1) / 2]
      index = (index - 1) / 2
    }
    keys[index] = key
  }

  mutating func pop() -> UInt64? {
    guard count > 0 else { return nil }
    let first = keys[0]
    count -= 1
    let key = keys[count]
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < count else { break }
      if child + 1 < count, keys[child + 1] < keys[child] { child += 1 }
      guard keys[child] < key else { break }
      keys[index] = keys[child]
      index = child
    }
    keys[index] = key
    return first
  }
}
