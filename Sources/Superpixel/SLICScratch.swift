/// Working memory for segmentations, kept between calls.
///
/// Make one for each stream of frames and pass it to every call: buffers grow to what the largest image
/// needs and are then used again, so that later frames allocate nothing (a frame with more than twice as
/// many pieces as any before it grows some of them once). A scratch serves one call at a time. Without one, each call makes its own.
///
/// Memory: 4 bytes a pixel and channel for the features, half a byte a pixel and channel for running sums,
/// 12 bytes for each run of equal labels in a row, 24 more for a run of a small piece, 44 and 4 a channel for each
/// connected piece before small ones are joined, tables for each segment and thread, and for each
/// share of the rows what it adds to large pieces, at most a byte a pixel in all.
public final class SLICScratch {
  enum Buffer: Int, CaseIterable {
    case features, blockSums, smoothing, rows, table, centers, weights, maxima, sums, stripOffsets,
      stripClusters, workspaces
    case rowOffsets, fragmentOffsets, runStarts, runFragments, pieces, joinedFragments, roots, components,
      componentSums, smallRuns, smallRunOffsets, runEnds, runIndices, contacts, queue, heap, large,
      largeOffsets,
      growth, seeds

    var dependsOnContent: Bool {
      switch self {
      case .stripClusters, .workspaces, .runStarts, .runFragments, .pieces, .joinedFragments, .roots,
        .components, .componentSums, .smallRuns, .runEnds, .runIndices, .contacts, .queue, .heap, .growth:
        true
      default: false
      }
    }
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

  /// The centers that the last segmentation ended with (in `standard` mode): where the next can start.
  public var centers: SLICCenters? {
    guard centerCount > 0, let memory = memory[Buffer.centers.rawValue] else { return nil }
    let values = memory.assumingMemoryBound(to: Float.self)
    return SLICCenters(
      positions: (0..<centerCount).map {
        SIMD3(values[$0], values[centerRoom + $0], values[2 * centerRoom + $0])
      },
      features: (0..<centerCount * centerChannels).map { values[4 * centerRoom + $0] },
      channels: centerChannels)
  }

  private(set) var centerCount = 0
  /// Centers that the buffer has room for: the distance between its tables.
  private(set) var centerRoom = 0
  private var centerChannels = 0
  private var centersAreOfVolume = false

  /// Whether the last call left centers that one of this kind can start from.
  func hasCenters(channels: Int, isVolume: Bool) -> Bool {
    centerCount > 0 && centerChannels == channels && centersAreOfVolume == isVolume
  }

  /// Room for centers: tables of plane, row, column and maximum, `centerRoom` floats each, then the features.
  /// Where it has to grow its content is lost.
  func takeCenters(_ count: Int, channels: Int, isVolume: Bool) -> UnsafeMutablePointer<Float> {
    if count > centerRoom || channels != centerChannels { centerRoom = count }
    (centerCount, centerChannels, centersAreOfVolume) = (count, channels, isVolume)
    return take(.centers, Float.self, centerRoom * (4 + channels))
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
    // Buffers whose need depends on the content get headroom, so that the next frame finds room.
    let room = max(buffer.dependsOnContent ? 2 * bytes : bytes, 4_096)
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 64)
    memory[index] = pointer
    capacity[index] = room
    allocationCount += 1
    return pointer.bindMemory(to: type, capacity: max(count, 1))
  }
}
