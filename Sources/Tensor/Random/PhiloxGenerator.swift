/// A counter-based random number generator: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel
/// random numbers: as easy as 1, 2, 3" (SC 2011).
///
/// The n-th number is a function of the key and of n alone: no state is shared, streams of different keys
/// are independent, and a generator can be stored, restored and placed anywhere at no cost. In a pipeline,
/// the key (seed, stream, index), for instance (seed, epoch, number of the image), gives every image its own
/// numbers, whichever thread draws them and in which order.
///
///     var generator = PhiloxGenerator(seed: 7)
///     let noise = Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [4, 4], using: &generator)
///
/// The seed is Philox's key; stream and index are the upper half of its 128-bit counter, the lower half
/// counts blocks of two 64-bit numbers. After 2^64 numbers a stream begins again.
public struct PhiloxGenerator: RandomNumberGenerator, Hashable, Codable, Sendable {
  /// The seed that the generator was made with.
  public let seed: UInt64
  /// The stream, for instance an epoch.
  public let stream: UInt32
  /// The index within the stream, for instance that of an image.
  public let index: UInt32
  /// How many 64-bit numbers have been drawn. Setting it moves the generator there.
  public var position: UInt64

  /// - Precondition: `stream` and `index` are in 0..<2^32.
  public init(seed: UInt64, stream: Int = 0, index: Int = 0) {
    shapePrecondition(
      UInt32(exactly: stream) != nil && UInt32(exactly: index) != nil,
      "stream \(stream) and index \(index) must be in 0..<2^32")
    self.seed = seed
    self.stream = UInt32(truncatingIfNeeded: stream)
    self.index = UInt32(truncatingIfNeeded: index)
    position = 0
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let block = block(at: position >> 1)
    let isSecond = position & 1 == 1
    position &+= 1
    return isSecond
      ? UInt64(block.2) | UInt64(block.3) << 32 : UInt64(block.0) | UInt64(block.1) << 32
  }

  /// The four words of a block of this stream.
  @inline(__always)
  func block(at number: UInt64) -> (UInt32, UInt32, UInt32, UInt32) {
    Self.block(
      counter: (UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32), stream, index),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// Ten rounds of Philox4x32 on a counter under a key.
  @inline(__always)
  package static func block(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c0, c1, c2, c3) = counter
    var (k0, k1) = key
    for _ in 0..<10 {
      let left = UInt64(c0) &* 0xD251_1F53
      let right = UInt64(c2) &* 0xCD9E_8D57
      c0 = UInt32(truncatingIfNeeded: right >> 32) ^ c1 ^ k0
      c1 = UInt32(truncatingIfNeeded: right)
      c2 = UInt32(truncatingIfNeeded: left >> 32) ^ c3 ^ k1
      c3 = UInt32(truncatingIfNeeded: left)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
  }
}
