/// Working memory for segmentations, kept between calls.
///
/// Make one for each stream of frames and pass it to every call: buffers grow to what the largest image
/// needs and are then used again, so that later frames allocate nothing. A scratch serves one call at a
/// time. Without one, each call makes its own.
///
/// Memory: 4 bytes a pixel and channel for the features, half a byte a pixel and channel for running sums,
/// 8 bytes for each run of equal labels in a row, and small tables for each segment and thread.
public final class SLICScratch {
  enum Buffer: Int, CaseIterable {
    case features, blockSums, smoothing, rows, centers, sums, stripOffsets, stripClusters, workspaces
    case rowOffsets, runStarts, runParents, components, componentSums, edges, heap, seeds
  }

  private var memory = [UnsafeMutableRawPointer?](repeating: nil, count: Buffer.allCases.count)
  private var capacity = [Int](repeating: 0, count: Buffer.allCases.count)

  /// How often a buffer was allocated or grown since the scratch was made.
  public private(set) var allocationCount = 0
  /// The bytes that all buffers hold.
  public var byteCount: Int { capacity.reduce(0, +) }

  public init() {}

  deinit {
    for pointer in memory { pointer?.deallocate() }
  }

  /// A buffer of at least `count` elements; its content is undefined.
  func take<Element: BitwiseCopyable>(
    _ buffer: Buffer, _ type: Element.Type, _ count: Int
  ) -> UnsafeMutablePointer<Element> {
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    let index = buffer.rawValue
    if let pointer = memory[index], capacity[index] >= bytes {
      return pointer.assumingMemoryBound(to: type)
    }
    memory[index]?.deallocate()
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory[index] = pointer
    capacity[index] = bytes
    allocationCount += 1
    return pointer.bindMemory(to: type, capacity: max(count, 1))
  }
}
