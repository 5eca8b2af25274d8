/// Joins small pieces to their neighbors, smallest first. All tables are memory of the scratch.
struct PieceMerger {
  /// A run of a small piece with the first run that may overlap it in each neighboring row; -1 where there is
  /// no such row.
  struct Run: BitwiseCopyable {
    var index: Int32
    var row: Int32
    var above, below: Int32
    /// In the plane before and in the one behind.
    var before, behind: Int32
  }

  let pieces: SegmentPieces
  let height: Int
  let width: Int
  let channels: Int
  let minimum: Int
  /// A group does not grow beyond this while a smaller neighbor can be joined.
  let maximum: Int
  let rule: SLIC.SmallSegmentRule
  /// Pixels of each piece, and of each group at its root.
  let sizes: UnsafeMutablePointer<Int32>
  /// The piece that each piece was joined to; itself for a root.
  let parents: UnsafeMutablePointer<Int32>
  /// The pieces of a group as a list: the next one at each member, the last one at the root.
  let next: UnsafeMutablePointer<Int32>
  let last: UnsafeMutablePointer<Int32>
  /// Faces shared with the group in hand; 0 outside a step.
  let faces: UnsafeMutablePointer<Int32>
  /// Where the runs of each small piece begin in `smallRuns`.
  let runOffsets: UnsafeMutablePointer<Int32>
  let sums: UnsafeMutablePointer<Float>
  let smallRuns: UnsafePointer<Run>

  /// The 32-bit words of memory that the tables of `count` pieces need.
  static func words(_ count: Int) -> Int { 6 * count + 2 }
  /// The part of the memory in which the caller prepares the offsets of the runs.
  static func offsets(_ memory: UnsafeMutablePointer<Int32>, _ count: Int) -> UnsafeMutablePointer<Int32> {
    memory + 5 * count
  }

  init(
    pieces: SegmentPieces, height: Int, width: Int, channels: Int, minimum: Int, maximum: Int,
    rule: SLIC.SmallSegmentRule, memory: UnsafeMutablePointer<Int32>, sums: UnsafeMutablePointer<Float>,
    smallRuns: UnsafePointer<Run>
  ) {
    self.pieces = pieces
    self.height = height
    self.width = width
    self.channels = channels
    self.minimum = minimum
    self.maximum = maximum
    self.rule = rule
    self.sums = sums
    self.smallRuns = smallRuns
    let count = pieces.count
    sizes = memory
    parents = memory + count
    next = memory + 2 * count
    last = memory + 3 * count
    faces = memory + 4 * count
    runOffsets = Self.offsets(memory, count)
    for piece in 0..<count {
      parents[piece] = Int32(piece)
      next[piece] = -1
      last[piece] = Int32(piece)
      faces[piece] = 0
    }
  }

  /// The label of each piece: valid after `assignNumbers`.
  var numbers: UnsafeMutablePointer<Int32> { last }

  private func isSmall(_ piece: Int32) -> Bool { Int(sizes[Int(piece)]) < minimum }

  @inline(__always)
  private func root(_ piece: Int32) -> Int32 {
    var piece = piece
    while parents[Int(piece)] != piece {
      parents[Int(piece)] = parents[Int(parents[Int(piece)])]
      piece = parents[Int(piece)]
    }
    return piece
  }

  /// - Parameters:
  ///   - queue: An empty queue with room for all small pieces.
  ///   - contacts: Room for one word a piece.
  func run(queue: PieceQueue, contacts: UnsafeMutablePointer<Int32>) {
    var queue = queue
    for piece in 0..<pieces.count where isSmall(Int32(piece)) {
      queue.append(Int32(piece), size: Int(sizes[piece]))
    }
    while let (piece, size) = queue.next() {
      guard parents[Int(piece)] == piece, isSmall(piece) else { continue }
      // A piece that others have joined waits for its turn again.
      guard Int(sizes[Int(piece)]) == size else {
        queue.append(piece, size: Int(sizes[Int(piece)]))
        continue
      }
      if let target = bestNeighbor(of: piece, contacts) { join(piece, to: target) }
    }
  }

  /// The neighbor that the rule prefers; `nil` for an island.
  @inline(__always)
  private func bestNeighbor(of piece: Int32, _ contacts: UnsafeMutablePointer<Int32>) -> Int32? {
    var count = 0
    @inline(__always) func touch(_ other: Int32, _ shared: Int32) {
      guard other >= 0 else { return }
      let group = root(other)
      guard group != piece else { return }
      if faces[Int(group)] == 0 {
        contacts[count] = group
        count += 1
      }
      faces[Int(group)] += shared
    }
    var member = piece
    while member >= 0 {
      for index in Int(runOffsets[Int(member)])..<Int(runOffsets[Int(member) + 1]) {
        forEachContact(of: smallRuns[index], touch)
      }
      member = next[Int(member)]
    }
    guard count > 0 else { return nil }
    var best = candidate(contacts[0], for: piece)
    for index in 1..<count {
      let other = candidate(contacts[index], for: piece)
      if isBetter(other, than: best) { best = other }
    }
    for index in 0..<count { faces[Int(contacts[index])] = 0 }
    return best.piece
  }

  /// Calls `body` with the piece on the other side of each contact of a run, and the faces shared there.
  @inline(__always)
  private func forEachContact(of run: Run, _ body: (Int32, Int32) -> Void) {
    let (index, row) = (Int(run.index), Int(run.row))
    let (first, end) = (pieces.rowOffsets[row], pieces.rowOffsets[row + 1])
    if index > first { body(pieces.piece[index - 1], 1) }
    if index + 1 < end { body(pieces.piece[index + 1], 1) }
    let start = pieces.starts[index]
    let stop = index + 1 < end ? pieces.starts[index + 1] : Int32(width)
    forEachOverlap(start, stop, run.above, row - 1, body)
    forEachOverlap(start, stop, run.below, row + 1, body)
    forEachOverlap(start, stop, run.before, row - height, body)
    forEachOverlap(start, stop, run.behind, row + height, body)
  }

  /// Calls `body` for the runs of a row, from `first` on, that share columns with `start ..< stop`.
  @inline(__always)
  private func forEachOverlap(
    _ start: Int32, _ stop: Int32, _ first: Int32, _ row: Int, _ body: (Int32, Int32) -> Void
  ) {
    guard first >= 0 else { return }
    let end = pieces.rowOffsets[row + 1]
    var run = Int(first)
    while run < end, pieces.starts[run] < stop {
      let next = run + 1 < end ? pieces.starts[run + 1] : Int32(width)
      body(pieces.piece[run], min(stop, next) - max(start, pieces.starts[run]))
      run += 1
    }
  }

  private struct Candidate {
    var piece: Int32
    var fits: Bool
    var distance: Float
    var faces: Int32
  }

  @inline(__always)
  private func candidate(_ other: Int32, for piece: Int32) -> Candidate {
    Candidate(
      piece: other, fits: Int(sizes[Int(other)]) <= maximum - Int(sizes[Int(piece)]),
      distance: distance(other, piece), faces: faces[Int(other)])
  }

  @inline(__always)
  private func isBetter(_ a: Candidate, than b: Candidate) -> Bool {
    if a.fits != b.fits { return a.fits }
    switch rule {
    case .closestMean:
      if a.distance != b.distance { return a.distance < b.distance }
      return a.faces != b.faces ? a.faces > b.faces : a.piece < b.piece
    case .longestBorder:
      if a.faces != b.faces { return a.faces > b.faces }
      return a.distance != b.distance ? a.distance < b.distance : a.piece < b.piece
    }
  }

  @inline(__always)
  private func distance(_ a: Int32, _ b: Int32) -> Float {
    let (first, second) = (1 / Float(sizes[Int(a)]), 1 / Float(sizes[Int(b)]))
    var total: Float = 0
    for channel in 0..<channels {
      let difference =
        sums[Int(a) * channels + channel] * first - sums[Int(b) * channels + channel] * second
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
    for piece in 0..<pieces.count { next[piece] = -1 }
    var count: Int32 = 0
    for piece in 0..<pieces.count {
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
