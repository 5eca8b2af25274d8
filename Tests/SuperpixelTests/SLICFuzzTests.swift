import Foundation
import Superpixel
import Tensor
import TestSupport
import Testing

/// Random sizes, scalars, layouts, masks and options: no trap, and the promises hold for each. Set
/// SUPERCL_FUZZ_FULL=1 for 100,000 cases; the first tenth runs always. A failing case prints its seed.
@Suite struct SLICFuzzTests {
  private static var cases: Int {
    ProcessInfo.processInfo.environment["SUPERCL_FUZZ_FULL"] == nil ? 10_000 : 100_000
  }

  @Test(arguments: 0..<10)
  func promisesHoldForAnything(_ part: Int) {
    let scratch = SLICScratch()
    for seed in stride(from: part, to: Self.cases, by: 10) {
      var fuzz = SLICFuzzCase(seed: UInt64(seed))
      if let problem = fuzz.problem(scratch) {
        Issue.record("seed \(seed): \(problem)\n\(fuzz.slic)")
        return
      }
    }
  }
}

/// One random case.
private struct SLICFuzzCase {
  private var generator: SplitMix64
  var slic = SLIC()

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  private mutating func next() -> UInt64 { generator.next() }

  private mutating func pick(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  private mutating func chance(_ percent: Int) -> Bool { pick(1...100) <= percent }

  private mutating func choose<Value>(_ values: [Value]) -> Value { values[pick(0...values.count - 1)] }

  private mutating func side(_ isVolume: Bool) -> Int {
    // Mostly small, so that thousands of cases take seconds; now and then the full range.
    chance(8) ? pick(1...64) : pick(1...(isVolume ? 7 : 18))
  }

  mutating func problem(_ scratch: SLICScratch) -> String? {
    switch pick(0...4) {
    case 0: run(as: UInt8.self, scratch) { UInt8(truncatingIfNeeded: $0) }
    case 1: run(as: UInt16.self, scratch) { UInt16(truncatingIfNeeded: $0) }
    case 2: run(as: Int16.self, scratch) { Int16(truncatingIfNeeded: $0) }
    case 3: run(as: Double.self, scratch) { Double(Int64(bitPattern: $0)) * 1e270 }
    default: run(as: Float.self, scratch) { Float($0 >> 40) }
    }
  }

  private mutating func run<Scalar: PixelScalar>(
    as type: Scalar.Type, _ scratch: SLICScratch, _ make: (UInt64) -> Scalar
  ) -> String? {
    let isVolume = chance(40)
    let (depth, height, width) = (isVolume ? side(true) : 1, side(isVolume), side(isVolume))
    let channels = pick(1...5)
    // Any order of the axes in memory, padding behind each, and any direction along each.
    let lengths = [depth, height, width, channels]
    var strides = [0, 0, 0, 0]
    var size = 1
    var order = [0, 1, 2, 3]
    for i in 0..<3 where chance(40) { order.swapAt(i, pick(i...3)) }
    for axis in order.reversed() {
      strides[axis] = size
      size *= lengths[axis] + (chance(20) ? pick(1...3) : 0)
    }
    var start = 0
    for axis in 0..<4 where chance(25) {
      start += (lengths[axis] - 1) * strides[axis]
      strides[axis].negate()
    }
    let levels = choose([1, 2, 5, 1 << 40])
    let memory = (0..<size).map { _ in make(levels > 1_000 ? next() : next() % UInt64(levels)) }
    let pixels = depth * height * width
    var mask: [UInt8]?
    if chance(35) {
      let density = pick(1...100)
      mask = (0..<pixels).map { _ in chance(density) ? 1 : 0 }
    }
    configure(isVolume: isVolume, channels: channels)
    var labels = [Int32](repeating: -9, count: pixels)
    let outcome = memory.withUnsafeBufferPointer { memory -> String? in
      guard let base = memory.baseAddress else { return "no memory" }
      let view = PixelView(
        base: base + start, depth: isVolume ? depth : nil, height: height, width: width, channels: channels,
        planeStride: strides[0], rowStride: strides[1], columnStride: strides[2], channelStride: strides[3])
      return segment(view, mask, &labels, scratch)
    }
    if let outcome { return outcome == "expected" ? nil : outcome }
    return check(labels, mask, isVolume ? [depth, height, width] : [height, width])
  }

  private var warm = false
  private var count = 0

  private mutating func configure(isVolume: Bool, channels: Int) {
    slic = SLIC(
      segmentCount: choose([1, 2, 3, 7, 20, 60, 1_000]), compactness: choose([1e-9, 0.05, 1, 10, 300, 1e12]),
      maximumIterations: pick(1...6))
    if chance(10) { slic.segmentCount = .size(pick(1...40)) }
    let isReference = chance(8)
    if isReference { slic.mode = .skimageCompatible }
    if chance(8), !isReference {
      slic.segmentCount = .adaptive(AdaptiveCount(tolerance: choose([0, 1, 120, 1e9])))
    }
    if chance(20) { slic.variant = .slico }
    if chance(15) { slic.sigma = choose([0.3, 1, 2.5, 6]) }
    if chance(25) { slic.spacing = (0..<(isVolume ? 3 : 2)).map { _ in choose([0.1, 0.7, 1, 3, 1e5]) } }
    if chance(25) { slic.minimumSizeFactor = choose([0, 0.1, 1, 5]) }
    if chance(15) { slic.maximumSizeFactor = choose([1, 1.3, 3]) }
    if chance(15) { slic.windowInSteps = choose([0.75, 1.5, 2, 50]) }
    if chance(15) { slic.rowStride = pick(1...4) }
    if chance(20) { slic.smallSegmentRule = .longestBorder }
    if chance(20) { slic.colorConversion = channels == 3 ? .lab : .unit }
    if chance(20) { slic.convergence = choose([.never, .changedShare(atMost: 0.1)]) }
    warm = chance(20)
  }

  private mutating func segment(
    _ view: PixelView, _ mask: [UInt8]?, _ labels: inout [Int32], _ scratch: SLICScratch
  ) -> String? {
    let isEmpty = mask.map { !$0.contains(1) } ?? false
    let (slic, start) = (slic, warm ? SLIC.Start.previousCall : .grid)
    do {
      let report = try labels.withUnsafeMutableBufferPointer { labels in
        guard let mask else { return try slic.segment(view, into: labels, scratch: scratch, start: start) }
        return try mask.withUnsafeBufferPointer { inside in
          try slic.segment(
            view,
            mask: inside.baseAddress.map {
              PixelView(
                base: $0, depth: view.depth, height: view.height, width: view.width,
                planeStride: view.height * view.width, rowStride: view.width, columnStride: 1)
            }, into: labels, scratch: scratch, start: start)
        }
      }
      count = report.count
      return isEmpty ? "an empty mask went through" : nil
    } catch {
      return (error as? SuperpixelError)?.code == .emptyMask && isEmpty ? "expected" : "\(error)"
    }
  }

  private func check(_ labels: [Int32], _ mask: [UInt8]?, _ shape: [Int]) -> String? {
    // The reference's own connectivity may leave labels in pieces; it is checked for density and masks.
    let map = LabelMap(Tensor(labels, shape: TensorShape(shape)))
    let inside = mask.map { $0.map { $0 != 0 } }
    return LabelChecks.problem(map, count: count, mask: inside, onePiece: slic.mode == .standard)
  }
}
