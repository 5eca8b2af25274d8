import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The memory behind tensors: a bounded cache of buffers, with counters.
///
/// Fresh memory costs more than arithmetic: the first touch of 40 MB takes longer than a convolution over
/// it. A freed buffer is therefore kept for the next tensor of its size class, up to ``cacheLimit``.
/// All members may be used from any thread.
public enum TensorMemory {
  /// Bytes held by live tensors and by operators at work, in whole buffers.
  public static var activeBytes: Int { state.withLock { $0.activeBytes } }
  /// Bytes held by freed buffers that wait for reuse.
  public static var cachedBytes: Int { state.withLock { $0.cachedBytes } }
  /// The highest ``activeBytes`` since the start or since ``resetPeak()``.
  public static var peakBytes: Int { state.withLock { $0.peakBytes } }
  /// The number of live buffers.
  public static var activeBuffers: Int { state.withLock { $0.activeBuffers } }

  /// The most bytes that the cache keeps (default 4 GiB). Lowering it frees what is above at once.
  public static var cacheLimit: Int {
    get { state.withLock { $0.cacheLimit } }
    set {
      shapePrecondition(newValue >= 0, "cacheLimit must not be negative: \(newValue)")
      state.withLock {
        $0.cacheLimit = newValue
        $0.evict(to: newValue)
      }
    }
  }

  /// The most bytes that live tensors may hold together; `nil`, the default, sets no limit. An allocation
  /// beyond it stops the program with a message that names the size asked for, the size in use and the
  /// limit, where the operating system would kill it without a word.
  public static var allocationLimit: Int? {
    get { state.withLock { $0.allocationLimit } }
    set { state.withLock { $0.allocationLimit = newValue } }
  }

  /// Gives all cached buffers back to the operating system.
  public static func clearCache() { state.withLock { $0.evict(to: 0) } }

  /// Lets ``peakBytes`` start again from ``activeBytes``.
  public static func resetPeak() { state.withLock { $0.peakBytes = $0.activeBytes } }

  // MARK: Allocation

  package static let alignment = 64
  static let hugePage = 2 << 20

  /// A buffer of at least `bytes` bytes, 64-byte aligned, with undefined content.
  package static func allocate(bytes: Int) -> (pointer: UnsafeMutableRawPointer, capacity: Int) {
    take(bytes: bytes) { $0.takeCached(capacity: sizeClass(bytes)) }
  }

  /// Takes back a buffer of ``allocate(bytes:)``.
  package static func deallocate(_ pointer: UnsafeMutableRawPointer, capacity: Int) {
    let address = UInt(bitPattern: pointer)
    state.withLock { $0.store(CachedBuffer(address: address, capacity: capacity), asScratch: false) }
  }

  /// A buffer for the time of one operator. Operators of all sizes share a few such buffers, which then stay in the
  /// processor's caches; a tensor's buffer would be one of its size.
  static func allocateScratch(bytes: Int) -> (pointer: UnsafeMutableRawPointer, capacity: Int) {
    take(bytes: bytes) { $0.takeScratch(bytes: bytes) }
  }

  /// Takes back a buffer of ``allocateScratch(bytes:)``.
  static func deallocateScratch(_ pointer: UnsafeMutableRawPointer, capacity: Int) {
    let address = UInt(bitPattern: pointer)
    state.withLock { $0.store(CachedBuffer(address: address, capacity: capacity), asScratch: true) }
  }

  /// A cached buffer, or a fresh one where `find` has none.
  private static func take(
    bytes: Int, _ find: (inout sending State) -> CachedBuffer?
  ) -> (pointer: UnsafeMutableRawPointer, capacity: Int) {
    let (buffer, refusal) = state.withLock { state -> (CachedBuffer, (limit: Int, active: Int)?) in
      let found = find(&state)
      let buffer = found ?? CachedBuffer(address: 0, capacity: sizeClass(bytes))
      if let limit = state.allocationLimit, state.activeBytes + buffer.capacity > limit {
        return (buffer, (limit, state.activeBytes))
      }
      state.activeBytes += buffer.capacity
      state.activeBuffers += 1
      state.peakBytes = max(state.peakBytes, state.activeBytes)
      return (buffer, nil)
    }
    if let refusal {
      fatalError(
        "a tensor of \(bytes) bytes does not fit: \(refusal.active) bytes are in use and "
          + "TensorMemory.allocationLimit is \(refusal.limit)")
    }
    if let pointer = UnsafeMutableRawPointer(bitPattern: buffer.address) { return (pointer, buffer.capacity) }
    return (fresh(capacity: buffer.capacity), buffer.capacity)
  }

  private static func fresh(capacity: Int) -> UnsafeMutableRawPointer {
    var pointer: UnsafeMutableRawPointer?
    let isHuge = capacity >= hugePage
    let status = posix_memalign(&pointer, isHuge ? hugePage : alignment, capacity)
    guard status == 0, let pointer else {
      fatalError("the system has no memory for a tensor buffer of \(capacity) bytes")
    }
    #if os(Linux)
      if isHuge { _ = madvise(pointer, capacity, 14 /* MADV_HUGEPAGE */) }
    #endif
    return pointer
  }

  /// Buffers come in eight sizes per doubling, so that at most an eighth is wasted; whole huge pages from
  /// 16 MiB on.
  package static func sizeClass(_ bytes: Int) -> Int {
    if bytes <= 256 { return 256 }
    let exponent = Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount
    let step = max(alignment, 1 << max(exponent - 3, 0))
    return (bytes + step - 1) / step * step
  }

  private static let state = Mutex(State())

  private struct CachedBuffer {
    var address: UInt
    var capacity: Int
  }

  private struct State {
    var activeBytes = 0
    var cachedBytes = 0
    var peakBytes = 0
    var activeBuffers = 0
    var cacheLimit = 4 << 30
    var allocationLimit: Int?
    /// Addresses of free buffers by capacity, the most recently used last.
    private var free: [Int: [(address: UInt, stamp: UInt64)]] = [:]
    private var clock: UInt64 = 0
    /// Free buffers of operators, the smallest first.
    private var scratch: [CachedBuffer] = []

    mutating func takeCached(capacity: Int) -> CachedBuffer? {
      guard let address = free[capacity]?.popLast()?.address else { return nil }
      cachedBytes -= capacity
      return CachedBuffer(address: address, capacity: capacity)
    }

    /// The smallest buffer that fits, if it is not more than four times too large (64 KiB serve any size) and keeps to
    /// the limit. Where none does, the largest of those too small makes room for the one that the caller will add.
    mutating func takeScratch(bytes: Int) -> CachedBuffer? {
      let index = scratch.firstIndex { $0.capacity >= bytes } ?? scratch.count
      if index < scratch.count, scratch[index].capacity / 4 <= max(bytes, 1 << 14),
        activeBytes + scratch[index].capacity <= allocationLimit ?? .max
      {
        cachedBytes -= scratch[index].capacity
        return scratch.remove(at: index)
      }
      if index > 0 { release(scratch.remove(at: index - 1)) }
      return nil
    }

    mutating func store(_ buffer: CachedBuffer, asScratch: Bool) {
      activeBytes -= buffer.capacity
      activeBuffers -= 1
      cachedBytes += buffer.capacity
      if asScratch {
        let index = scratch.firstIndex { $0.capacity >= buffer.capacity } ?? scratch.count
        scratch.insert(buffer, at: index)
      } else {
        clock += 1
        free[buffer.capacity, default: []].append((buffer.address, clock))
      }
      if cachedBytes > cacheLimit { evict(to: cacheLimit) }
    }

    private mutating func release(_ buffer: CachedBuffer) {
      releaseBuffer(UnsafeMutableRawPointer(bitPattern: buffer.address))
      cachedBytes -= buffer.capacity
    }

    /// Frees the buffers unused for longest until at most `limit` bytes are cached; those of operators at last.
    mutating func evict(to limit: Int) {
      while cachedBytes > limit {
        let oldest = free.filter { !$0.value.isEmpty }.min { $0.value[0].stamp < $1.value[0].stamp }
        guard let capacity = oldest?.key, let entry = free[capacity]?.removeFirst() else { break }
        release(CachedBuffer(address: entry.address, capacity: capacity))
      }
      while cachedBytes > limit, let buffer = scratch.popLast() { release(buffer) }
      free = free.filter { !$0.value.isEmpty }
    }
  }
}

/// The C library's `free`, which a property named `free` would hide.
private func releaseBuffer(_ pointer: UnsafeMutableRawPointer?) { free(pointer) }
