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

  /// Takes the smallest key. O(log count).
  mutating func pop() -> UInt64? {
    guard count > 0 else { return nil }
    let first = keys[0]
    count -= 1
    if count > 0 { sink(keys[count], from: 0) }
    return first
  }

  private mutating func sink(_ key: UInt64, from start: Int) {
    var index = start
    while true {
      var child = 2 * index + 1
      guard child < count else { break }
      if child + 1 < count, keys[child + 1] < keys[child] { child += 1 }
      guard keys[child] < key else { break }
      keys[index] = keys[child]
      index = child
    }
    keys[index] = key
  }
}
