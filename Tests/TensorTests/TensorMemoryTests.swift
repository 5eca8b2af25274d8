import Tensor
import Testing

/// The counters belong to the process, so every test that reads them has a process of its own.
@Suite struct TensorMemoryTests {
  @Test func countersFollowTheBuffers() async {
    await #expect(processExitsWith: .success) {
      TensorMemory.clearCache()
      let before = TensorMemory.activeBytes
      do {
        let tensor = Tensor<Float>(zeros: [1024])
        #expect(TensorMemory.activeBytes - before == 4096)
        #expect(TensorMemory.activeBuffers >= 1)
        #expect(tensor.elementCount == 1024)
      }
      #expect(TensorMemory.activeBytes == before)
      #expect(TensorMemory.cachedBytes == 4096)
      TensorMemory.clearCache()
      #expect(TensorMemory.cachedBytes == 0)
    }
  }

  @Test func aFreedBufferIsReused() async {
    await #expect(processExitsWith: .success) {
      func address() -> UInt { UInt(bitPattern: Tensor<Float>(zeros: [100_000]).pointer) }
      let first = address()
      #expect(first == address())
    }
  }

  /// Operators of different sizes, one after the other, share one buffer, which grows to the largest.
  @Test func operatorsShareTheirScratch() async {
    await #expect(processExitsWith: .success) {
      TensorMemory.clearCache()
      for count in [100_000, 60_000, 250_000, 200_000, 90_000] {
        let scratch = Scratch<Float>(count: count)
        scratch.pointer[count - 1] = 1
      }
      #expect(TensorMemory.cachedBytes == TensorMemory.sizeClass(1_000_000))
      // One more than four times as large as needed is left to others.
      do {
        let small = Scratch<Float>(count: 20_000)
        small.pointer[0] = 1
        #expect(TensorMemory.cachedBytes == TensorMemory.sizeClass(1_000_000))
        withExtendedLifetime(small) {}
      }
      #expect(TensorMemory.cachedBytes == TensorMemory.sizeClass(1_000_000) + TensorMemory.sizeClass(80_000))
      // Two at once are two buffers: the smaller one makes room.
      do {
        let (first, second) = (Scratch<Float>(count: 200_000), Scratch<Float>(count: 250_000))
        #expect(first.pointer != second.pointer)
      }
      #expect(TensorMemory.cachedBytes == 2 * TensorMemory.sizeClass(1_000_000))
      TensorMemory.cacheLimit = TensorMemory.sizeClass(1_000_000)
      #expect(TensorMemory.cachedBytes == TensorMemory.sizeClass(1_000_000))
      TensorMemory.clearCache()
      #expect(TensorMemory.cachedBytes == 0)
    }
  }

  /// A cached buffer larger than needed is not taken where a smaller one keeps to the limit.
  @Test func scratchKeepsToTheAllocationLimit() async {
    await #expect(processExitsWith: .success) {
      TensorMemory.clearCache()
      let before = (TensorMemory.activeBytes, TensorMemory.activeBuffers)
      do { _ = Scratch<Float>(count: 250_000) }
      TensorMemory.allocationLimit = TensorMemory.activeBytes + 500_000
      do {
        let scratch = Scratch<Float>(count: 100_000)
        #expect(TensorMemory.activeBytes - before.0 == TensorMemory.sizeClass(400_000))
        withExtendedLifetime(scratch) {}
      }
      #expect((TensorMemory.activeBytes, TensorMemory.activeBuffers) == before)
    }
  }

  @Test func thePeakIsKeptUntilReset() async {
    await #expect(processExitsWith: .success) {
      TensorMemory.resetPeak()
      let start = TensorMemory.peakBytes
      do { _ = Tensor<UInt8>(zeros: [1 << 20]) }
      #expect(TensorMemory.peakBytes - start == 1 << 20)
      TensorMemory.resetPeak()
      #expect(TensorMemory.peakBytes == start)
    }
  }

  @Test func theCacheStaysBelowItsLimit() async {
    await #expect(processExitsWith: .success) {
      TensorMemory.clearCache()
      TensorMemory.cacheLimit = 3 << 20
      do {
        let tensors = (0..<4).map { _ in Tensor<UInt8>(zeros: [1 << 20]) }
        #expect(tensors.count == 4)
      }
      #expect(TensorMemory.cachedBytes == 3 << 20)
      TensorMemory.cacheLimit = 1 << 20
      #expect(TensorMemory.cachedBytes == 1 << 20)
      TensorMemory.cacheLimit = 0
      #expect(TensorMemory.cachedBytes == 0)
    }
  }

  @Test func anAllocationBeyondTheLimitStopsWithAMessage() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      TensorMemory.allocationLimit = TensorMemory.activeBytes + 1000
      _ = Tensor<Float>(zeros: [100])
      _ = Tensor<Float>(zeros: [1000])
    }
    let message = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(message.contains("4000 bytes does not fit") && message.contains("allocationLimit"))
  }
}
