/// Pieces by size, smallest first, those of one size in the order in which they came; in memory of the caller.
///
/// Sizes below `limit` have a list each, so that appending and taking are O(1); the few larger pieces share a heap.
struct PieceQueue {
  /// First and last piece of each size; -1 for none.
  private let first, last: UnsafeMutablePointer<Int32>
  /// The piece behind each.
  private let links: UnsafeMutablePointer<Int32>
  private let limit: Int
  private var size = 0
  private var large: MinimumHeap

  /// The 32-bit words of memory that lists for sizes up to `maximum` need.
  static func listWords(maximum: Int) -> Int { 2 * listCount(maximum) }

  private static func listCount(_ maximum: Int) -> Int { min(maximum + 1, 4_096) }

  /// - Parameters:
  ///   - links: A word for each piece, of which only those in the queue are touched.
  ///   - lists: Room for the lists; see `listWords`.
  ///   - heap: Room for one key for each piece that is ever in the queue.
  init(
    links: UnsafeMutablePointer<Int32>, lists: UnsafeMutablePointer<Int32>,
    heap: UnsafeMutablePointer<UInt64>, maximum: Int
  ) {
    limit = Self.listCount(maximum)
    first = lists
    last = lists + limit
    self.links = links
    large = MinimumHeap(heap)
    lists.update(repeating: -1, count: 2 * limit)
  }

  /// - Precondition: the piece is not in the queue; `size` is not below that of the last piece taken.
  @inline(__always)
  mutating func append(_ piece: Int32, size: Int) {
    guard size < limit else {
      large.push(UInt64(size) << 32 | UInt64(piece))
      return
    }
    links[Int(piece)] = -1
    if first[size] < 0 { first[size] = piece } else { links[Int(last[size])] = piece }
    last[size] = piece
  }

  /// Takes the next piece, with the size under which it was appended.
  @inline(__always)
  mutating func next() -> (piece: Int32, size: Int)? {
    while size < limit {
      let piece = first[size]
      if piece >= 0 {
        first[size] = links[Int(piece)]
        return (piece, size)
      }
      size += 1
    }
    return large.pop().map { (Int32(truncatingIfNeeded: $0 & 0xffff_ffff), Int($0 >> 32)) }
  }
}
