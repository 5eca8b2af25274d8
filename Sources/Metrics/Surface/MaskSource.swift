import Tensor

/// A mask as the metrics read it: a mask's own bytes, or the voxels of a label map that carry one label, or
/// any label but the background.
///
/// Pointers are valid during the caller's `withUnsafeBufferPointer` only.
struct MaskSource {
  enum Content {
    case mask(UnsafeRawBufferPointer)
    case label(UnsafeBufferPointer<Int32>, Int32)
  }

  let content: Content
  let planes: Int
  let rows: Int
  let columns: Int
  let rank: Int

  init(_ mask: UnsafeBufferPointer<Bool>, shape: TensorShape) {
    self.init(.mask(UnsafeRawBufferPointer(mask)), shape)
  }

  init(_ labels: UnsafeBufferPointer<Int32>, label: Int32, shape: TensorShape) {
    self.init(.label(labels, label), shape)
  }

  private init(_ content: Content, _ shape: TensorShape) {
    self.content = content
    rank = shape.rank
    planes = rank == 3 ? shape[0] : 1
    rows = shape[-2]
    columns = shape[-1]
  }

  /// The image that a volume with an axis of one voxel is, and that axis; `nil` for any other mask.
  var asImage: (image: MaskSource, axis: Int)? {
    guard rank == 3, let axis = [planes, rows, columns].firstIndex(of: 1) else { return nil }
    let shape = [[rows, columns], [planes, columns], [planes, rows]][axis]
    return (MaskSource(content, TensorShape(shape)), axis)
  }

  /// Writes `count` bytes of 0 or 1, from the voxel `start` on.
  func copy(from start: Int, count: Int, to bytes: UnsafeMutableRawPointer) {
    switch content {
    case .mask(let mask):
      guard let base = mask.baseAddress else { return }
      bytes.copyMemory(from: base + start, byteCount: count)
    case .label(let labels, let label):
      let target = bytes.assumingMemoryBound(to: UInt8.self)
      for index in 0..<count { target[index] = labels[start + index] == label ? 1 : 0 }
    }
  }

  /// The smallest box around the foreground of a mask; empty when there is none. O(voxels), without looking
  /// twice at columns that are already inside.
  func boundingBox() -> VoxelBox {
    guard case .mask(let mask) = content else {
      shapePreconditionFailure("label maps are boxed while counting")
    }
    guard let base = mask.baseAddress else { return .empty }
    var box = VoxelBox.empty
    for plane in 0..<planes {
      for row in 0..<rows {
        let line = base + (plane * rows + row) * columns
        guard let first = Self.firstForeground(line, columns) else { continue }
        let last = Self.lastForeground(line, columns)
        box.formUnion(plane: plane, row: row, columns: first..<last + 1)
      }
    }
    return box
  }

  private static func firstForeground(_ line: UnsafeRawPointer, _ count: Int) -> Int? {
    var index = 0
    while index + 32 <= count {
      let words = line.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
      if words != SIMD4<UInt64>() { break }
      index += 32
    }
    while index < count {
      if line.load(fromByteOffset: index, as: UInt8.self) != 0 { return index }
      index += 1
    }
    return nil
  }

  /// The last foreground column of a row that has one.
  private static func lastForeground(_ line: UnsafeRawPointer, _ count: Int) -> Int {
    var end = count
    while end >= 32 {
      let words = line.loadUnaligned(fromByteOffset: end - 32, as: SIMD4<UInt64>.self)
      if words != SIMD4<UInt64>() { break }
      end -= 32
    }
    while end > 1, line.load(fromByteOffset: end - 1, as: UInt8.self) == 0 { end -= 1 }
    return end - 1
  }
}
