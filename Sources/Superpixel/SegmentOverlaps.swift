import Tensor

/// How many pixels each superpixel shares with each label; pixels negative in either are left out.
struct SegmentOverlaps {
  struct Part: Hashable {
    var segment: Int32
    var label: Int32
    var pixels: Int
  }

  /// Ordered by segment, then label; only pairs that occur.
  private(set) var parts: [Part] = []
  private(set) var pixelCount = 0

  init(_ segments: LabelMap, _ reference: LabelMap) {
    var pairs: [UInt64: Int] = [:]
    segments.labels.withUnsafeBufferPointer { segments in
      reference.labels.withUnsafeBufferPointer { labels in
        var (key, run) = (UInt64.max, 0)
        for index in segments.indices where segments[index] >= 0 && labels[index] >= 0 {
          let pair = UInt64(segments[index]) << 32 | UInt64(labels[index])
          if pair != key {
            if run > 0 { pairs[key, default: 0] += run }
            (key, run) = (pair, 0)
          }
          run += 1
        }
        if run > 0 { pairs[key, default: 0] += run }
      }
    }
    parts = pairs.sorted { $0.key < $1.key }.map {
      Part(segment: Int32($0.key >> 32), label: Int32($0.key & 0xffff_ffff), pixels: $0.value)
    }
    pixelCount = parts.reduce(0) { $0 + $1.pixels }
  }

  func forEachSegment(_ body: (ArraySlice<Part>) -> Void) {
    var start = 0
    while start < parts.count {
      var end = start + 1
      while end < parts.count, parts[end].segment == parts[start].segment { end += 1 }
      body(parts[start..<end])
      start = end
    }
  }
}
