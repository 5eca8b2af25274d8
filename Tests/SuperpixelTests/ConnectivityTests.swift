import Foundation
import Superpixel
import Tensor
import TestSupport
import Testing

/// Connected segments of images so large that several threads find and join their pieces.
@Suite(.serialized) struct ConnectivityTests {
  /// Noise, of which each pixel is nearly a piece of its own.
  struct Case: CustomStringConvertible {
    let shape: TensorShape
    let rule: SLIC.SmallSegmentRule
    var minimum = 0.5
    var maximum: Double?
    var masked = false
    var description: String { "\(shape), \(rule), \(minimum), \(maximum ?? 0)\(masked ? ", masked" : "")" }

    /// Inside: two islands, one of them a bar over all rows.
    var mask: Tensor<Bool>? {
      guard masked else { return nil }
      let width = shape[-1]
      return Tensor(shape: shape) { buffer in
        for index in buffer.indices { buffer[index] = index % width < 12 || index % width > 15 }
      }
    }

    func segment() throws -> Superpixels {
      var slic = SLIC(segmentCount: 60, compactness: 0.5)
      slic.minimumSizeFactor = minimum
      slic.maximumSizeFactor = maximum
      slic.smallSegmentRule = rule
      slic.maximumIterations = 2
      let image = TestImages.noise(shape)
      let mask = mask.map { BinaryMask($0) }
      return shape.rank == 2
        ? try slic.segment(image, mask: mask) : try slic.segment(volume: image, mask: mask)
    }
  }

  @Test(arguments: [
    Case(shape: [480, 500], rule: .closestMean), Case(shape: [480, 500], rule: .longestBorder),
    Case(shape: [480, 500], rule: .closestMean, minimum: 0.001),
    Case(shape: [480, 500], rule: .closestMean, maximum: 1.2),
    Case(shape: [700, 300], rule: .closestMean, masked: true),
    Case(shape: [20, 90, 100], rule: .closestMean),
    Case(shape: [40, 24, 90], rule: .longestBorder, masked: true),
  ])
  func piecesOfSeveralShares(_ test: Case) throws {
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    ComputeThreads.count = 1
    let one = try test.segment()
    #expect(LabelChecks.problem(one, mask: test.mask?.scalars) == nil)
    let labels = one.labels.labels.scalars.filter { $0 >= 0 }
    var sizes: [Int32: Int] = [:]
    for label in labels { sizes[label, default: 0] += 1 }
    // The grid of seeds has up to a third more clusters than were asked for.
    let smallest = Int(test.minimum * Double(labels.count) / 80)
    #expect((sizes.values.min() ?? 0) >= smallest)
    for threads in [2, 3, 5] {
      ComputeThreads.count = threads
      #expect(try test.segment() == one, "\(threads) threads")
    }
  }

  /// Random shapes, masks of many islands and options: the labels keep what is promised, with any threads.
  @Test(arguments: 0..<24)
  func anyLargeImage(_ seed: UInt64) throws {
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    var random = SplitMix64(seed: seed)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let isVolume = seed % 3 == 0
    let shape: TensorShape =
      isVolume ? [pick(17...40), pick(50...70), pick(60...90)] : [pick(300...700), pick(200...400)]
    var slic = SLIC(segmentCount: pick(2...3_000), compactness: pow(10, Double(pick(-2...1))))
    slic.minimumSizeFactor = [0, 0.01, 0.25, 0.5, 1][pick(0...4)]
    slic.maximumSizeFactor = pick(0...3) == 0 ? 1.5 : nil
    slic.smallSegmentRule = pick(0...1) == 0 ? .closestMean : .longestBorder
    slic.maximumIterations = 2
    let image = TestImages.noise(shape, seed: seed + 1)
    // Islands: where a coarse pattern and noise leave pixels in.
    let share = Float(pick(0...9)) / 10
    let noise = TestImages.noise(shape, seed: seed + 100)
    let islands = Tensor<Bool>(shape: shape) { buffer in
      noise.withUnsafeBufferPointer { noise in
        for index in buffer.indices {
          buffer[index] = index == 0 || index / 37 % 3 > 0 || noise[index] > share
        }
      }
    }
    let mask = pick(0...1) == 0 ? nil : islands
    func segment() throws -> Superpixels {
      let mask = mask.map { BinaryMask($0) }
      return isVolume ? try slic.segment(volume: image, mask: mask) : try slic.segment(image, mask: mask)
    }
    ComputeThreads.count = 1
    let one = try segment()
    #expect(LabelChecks.problem(one, mask: mask?.scalars) == nil)
    ComputeThreads.count = 3
    #expect(try segment() == one)
  }
}
