/// Joins small pieces to their neighbors, smallest first. All tables are memory of the scratch, by fragment; what
/// concerns a whole piece stands at the fragment that it is named after.
///
/// The pieces inside a share are joined by one thread, without a look at other shares. Pieces that touch another
/// share wait for the last turn, with those that would rather join one of them.
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

  /// What the shares may do with a piece.
  enum Place {
    /// Its own share joins it and others to it.
    static let inside: Int32 = -1
    /// It touches another share: nothing before the last turn.
    static let border: Int32 = -2
    // From 0 on: large, the index of what each share adds to it.
  }

  /// What one share adds to the large pieces.
  struct Growth {
    let sizes: UnsafeMutablePointer<Int32>
    let sums: UnsafeMutablePointer<Float>
  }

  let pieces: SegmentPieces
  let height: Int
  let width: Int
  let channels: Int
  let minimum: Int
  /// A group does not grow beyond this while a smaller neighbor can be joined.
  let maximum: Int
  let rule: SLIC.SmallSegmentRule
  /// The sums of the features of each piece.
  let sums: UnsafeMutablePointer<Float>
  let smallRuns: UnsafePointer<Run>
  /// Where the runs of each fragment of a small piece end in `smallRuns`; they begin where those before end.
  let runEnds: UnsafePointer<Int32>
  /// The fragments of a piece as a list: the next one at each member, the last one at the first.
  let next: UnsafeMutablePointer<Int32>
  let last: UnsafeMutablePointer<Int32>
  let places: UnsafeMutablePointer<Int32>

  private var parents: UnsafeMutablePointer<Int32> { pieces.pieces }
  private var sizes: UnsafeMutablePointer<Int32> { pieces.sizes }

  func isSmall(_ piece: Int32) -> Bool { Int(sizes[Int(piece)]) < minimum }

  @inline(__always)
  private func root(_ fragment: Int32) -> Int32 {
    var piece = fragment
    while parents[Int(piece)] != piece {
      parents[Int(piece)] = parents[Int(parents[Int(piece)])]
      piece = parents[Int(piece)]
    }
    return piece
  }

  /// Joins the small pieces inside a share. What joins large pieces goes to `growth`: until all shares are done,
  /// their sizes and means are those from before.
  func merge(share: Int, _ queue: inout PieceQueue, _ contacts: inout ContactTable, _ growth: Growth) {
    for piece in pieces.fragments(of: share) where places[piece] == Place.inside && isSmall(Int32(piece)) {
      queue.append(Int32(piece), size: Int(sizes[piece]))
    }
    run(&queue, &contacts, growth)
  }

  /// Joins all small pieces that are left.
  func mergeAll(_ queue: inout PieceQueue, _ contacts: inout ContactTable) {
    for piece in 0..<pieces.fragmentCount where parents[piece] == piece && isSmall(Int32(piece)) {
      queue.append(Int32(piece), size: Int(sizes[piece]))
    }
    run(&queue, &contacts, nil)
  }

  private func run(_ queue: inout PieceQueue, _ contacts: inout ContactTable, _ growth: Growth?) {
    while let (piece, size) = queue.next() {
      guard parents[Int(piece)] == piece, isSmall(piece) else { continue }
      // A piece that others have joined waits for its turn again.
      guard Int(sizes[Int(piece)]) == size else {
        queue.append(piece, size: Int(sizes[Int(piece)]))
        continue
      }
      guard let target = bestNeighbor(of: piece, &contacts) else { continue }
      if let growth, places[Int(target)] != Place.inside {
        if places[Int(target)] >= 0 { join(piece, to: target, growth) }
      } else {
        join(piece, to: target)
      }
    }
  }

  /// The neighbor that the rule prefers; `nil` for an island.
  @inline(__always)
  private func bestNeighbor(of piece: Int32, _ contacts: inout ContactTable) -> Int32? {
    contacts.removeAll()
    var member = piece
    while member >= 0 {
      let first = member > 0 ? runEnds[Int(member) - 1] : 0
      for index in Int(first)..<Int(runEnds[Int(member)]) {
        forEachContact(of: smallRuns[index]) { other, faces in
          guard other >= 0 else { return }
          let group = root(other)
          if group != piece { contacts.add(group, faces: faces) }
        }
      }
      member = next[Int(member)]
    }
    guard contacts.count > 0 else { return nil }
    var best = candidate(contacts[0], for: piece)
    for index in 1..<contacts.count {
      let other = candidate(contacts[index], for: piece)
      if isBetter(other, than: best) { best = other }
    }
    return best.piece
  }

  /// Calls `body` with the fragment on the other side of each contact of a run, and the faces shared there.
  @inline(__always)
  private func forEachContact(of run: Run, _ body: (Int32, Int32) -> Void) {
    let (index, row) = (Int(run.index), Int(run.row))
    let (first, end) = (pieces.rowOffsets[row], pieces.rowOffsets[row + 1])
    if index > first { body(pieces.fragments[index - 1], 1) }
    if index + 1 < end { body(pieces.fragments[index + 1], 1) }
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
      body(pieces.fragments[run], min(stop, next) - max(start, pieces.starts[run]))
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
  private func candidate(_ contact: ContactTable.Contact, for piece: Int32) -> Candidate {
    let other = contact.piece
    return Candidate(
      piece: other, fits: Int(sizes[Int(other)]) <= maximum - Int(sizes[Int(piece)]),
      distance: distance(other, piece), faces: contact.faces)
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

  @inline(__always)
  private func join(_ piece: Int32, to target: Int32) {
    // Neighbors matter only while the group is small, and then it has small members alone.
    if isSmall(target) { append(piece, to: target) }
    parents[Int(piece)] = target
    add(piece, sizes + Int(target), sums + Int(target) * channels)
  }

  @inline(__always)
  private func join(_ piece: Int32, to target: Int32, _ growth: Growth) {
    let place = Int(places[Int(target)])
    parents[Int(piece)] = target
    add(piece, growth.sizes + place, growth.sums + place * channels)
  }

  /// Adds the list of members of a piece to that of another.
  @inline(__always)
  func append(_ piece: Int32, to target: Int32) {
    next[Int(last[Int(target)])] = piece
    last[Int(target)] = last[Int(piece)]
  }

  @inline(__always)
  private func add(_ piece: Int32, _ size: UnsafeMutablePointer<Int32>, _ sum: UnsafeMutablePointer<Float>) {
    size.pointee += sizes[Int(piece)]
    for channel in 0..<channels { sum[channel] += sums[Int(piece) * channels + channel] }
  }

  /// Adds to each large piece what a share gave it.
  func add(_ growth: Growth, to large: UnsafeBufferPointer<Int32>) {
    for (place, piece) in large.enumerated() {
      sizes[Int(piece)] += growth.sizes[place]
      for channel in 0..<channels {
        sums[Int(piece) * channels + channel] += growth.sums[place * channels + channel]
      }
    }
  }
}
