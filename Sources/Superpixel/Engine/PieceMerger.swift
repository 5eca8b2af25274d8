/// Joins small pieces to their neighbors, smallest first. All tables are memory of the scratch.
struct PieceMerger {
  struct Run: BitwiseCopyable {
    var index: Int32
    var row: Int32
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
  ///   - memory: Room for the keys of the heap.
  ///   - contacts: Room for one word a piece.
  func run(heap memory: UnsafeMutablePointer<UInt64>, contacts: UnsafeMutablePointer<Int32>) {
    var heap = MinimumHeap(memory)
    for piece in 0..<pieces.count where isSmall(Int32(piece)) {
      heap.append(UInt64(sizes[piece]) << 32 | UInt64(piece))
    }
    heap.order()
    while let key = heap.pop() {
      let piece = Int32(truncatingIfNeeded: key & 0xffff_ffff)
      guard parents[Int(piece)] == piece, UInt64(sizes[Int(piece)]) == key >> 32 else { continue }
      guard let target = bestNeighbor(of: piece, contacts) else { continue }
      join(piece, to: target)
      if isSmall(target) { heap.push(UInt64(sizes[Int(target)]) << 32 | UInt64(target)) }
    }
  }

  /// The neighbor that the rule prefers; `nil` for an island.
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
    var best = contacts[0]
    for index in 1..<count where isBetter(contacts[index], than: best, for: piece) { best = contacts[index] }
    for index in 0..<count { faces[Int(contacts[index])] = 0 }
    return best
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
    let rows = pieces.rowCount
    if row % height > 0 { forEachOverlap(start, stop, row - 1, body) }
    if row % height + 1 < height { forEachOverlap(start, stop, row + 1, body) }
    if row >= height { forEachOverlap(start, stop, row - height, body) }
    if row + height < rows { forEachOverlap(start, stop, row + height, body) }
  }

  /// Calls `body` for the runs of a row that share columns with `start ..< stop`.
  @inline(__always)
  private func forEachOverlap(_ start: Int32, _ stop: Int32, _ row: Int, _ body: (Int32, Int32) -> Void) {
    let end = pieces.rowOffsets[row + 1]
    // The last run that begins at or before `start`.
    var (low, high) = (pieces.rowOffsets[row], end)
    while high - low > 1 {
      let middle = (low + high) / 2
      if pieces.starts[middle] <= start { low = middle } else { high = middle }
    }
    while low < end, pieces.starts[low] < stop {
      let next = low + 1 < end ? pieces.starts[low + 1] : Int32(width)
      body(pieces.piece[low], min(stop, next) - max(start, pieces.starts[low]))
      low += 1
    }
  }

  private func isBetter(_ a: Int32, than b: Int32, for piece: Int32) -> Bool {
    let room = maximum - Int(sizes[Int(piece)])
    let (aFits, bFits) = (Int(sizes[Int(a)]) <= room, Int(sizes[Int(b)]) <= room)
    if aFits != bFits { return aFits }
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
