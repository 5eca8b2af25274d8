import MedIO
import Tensor
import Testing

/// The intensity transforms of MONAI in medio.json.
struct IntensityReference: Decodable {
  struct Case: Decodable {
    let inp, out: [Float]?
    let lo, hi: Double?
    let out_first3_last3: [Float]?
  }

  private struct File: Decodable { let transforms_monai: [String: Entry] }
  /// Entries that are no cases (nested arrays of pictures) decode as nil.
  private struct Entry: Decodable {
    let value: Case?
    init(from decoder: any Decoder) throws {
      value = try? decoder.singleValueContainer().decode(Case.self)
    }
  }

  private struct ZScore: Decodable { let transforms_monai: Cases }
  private struct Cases: Decodable {
    struct Floats: Decodable { let inp, out: [Float] }
    let zscore, zscore_constant: Floats
  }

  static func named(_ name: String) throws -> Case {
    try #require(try json(File.self, "medio.json").transforms_monai[name]?.value)
  }
}

func isClose(_ a: Tensor<Float>, _ b: Tensor<Float>, tolerance: Float = 1e-6) -> Bool {
  a.shape == b.shape && zip(a.scalars, b.scalars).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}

@Suite struct IntensityTransformTests {
  func apply(_ transform: IntensityTransform, _ values: [Float]) -> Tensor<Float> {
    let tensor = Tensor(values)
    return transform.map(fitting: tensor).applied(to: tensor)
  }

  @Test(arguments: [
    ("hu_window_-175_250_to_0_1_clip", IntensityTransform.Outside.clamped),
    ("hu_window_noclip", .extended),
  ])
  func windowIsMONAIs(_ name: String, _ outside: IntensityTransform.Outside) throws {
    let reference = try IntensityReference.named(name)
    let result = apply(.window(-175...250, outside: outside), try #require(reference.inp))
    #expect(isClose(result, Tensor(try #require(reference.out))))
  }

  @Test(arguments: [(1.0, 99.0), (0, 100), (5, 95)])
  func percentilesAreMONAIs(_ lower: Double, _ upper: Double) throws {
    let name = "percentiles_\(Int(lower))_\(Int(upper))_to_0_1_clip"
    let reference = try IntensityReference.named(name)
    let values = Tensor<Float>(shape: [101]) { buffer in
      for index in buffer.indices {
        let x = Double(index)
        // Out of order, so that there is something to select: 37 is prime to 101.
        buffer[(index * 37) % 101] = Float(x * x.squareRoot())
      }
    }
    let ends = try #require(Percentiles.values([lower, upper], of: values))
    #expect(abs(ends[0] - (try #require(reference.lo))) < 1e-4)
    #expect(abs(ends[1] - (try #require(reference.hi))) < 1e-3)
    let map = IntensityTransform.percentileWindow(lower...upper).map(fitting: values)
    let sorted = [0, 1, 2, 98, 99, 100].map { map(Float(Double($0) * Double($0).squareRoot())) }
    #expect(isClose(Tensor(sorted), Tensor(try #require(reference.out_first3_last3))))
  }

  @Test(arguments: ["zscore", "zscore_constant"]) func zScoreIsMONAIs(_ name: String) throws {
    let reference = try IntensityReference.named(name)
    #expect(isClose(apply(.zScore(), try #require(reference.inp)), Tensor(try #require(reference.out))))
  }

  @Test func minMaxByHand() {
    #expect(apply(.minMax(), [2, 4, 6]).scalars == [0, 0.5, 1])
    #expect(apply(.minMax(to: -1...1), [2, 4, 6]).scalars == [-1, 0, 1])
    #expect(apply(.minMax(), [7, 7]).scalars == [0, 0])
    #expect(apply(.divideByMaximum, [-2, 4, 8]).scalars == [-0.25, 0.5, 1])
    #expect(apply(.divideByMaximum, [-2, 0]).scalars == [-2, 0])
  }

  @Test func clipKeepsTheScale() {
    let values = (0...100).map(Float.init)
    #expect(apply(.percentileClip(10...90), values).scalars == values.map { min(max($0, 10), 90) })
  }

  @Test func nonzeroPopulationIgnoresBackground() {
    // Mean 2, deviation 1 over 1 and 3; the zeros follow the same line.
    #expect(apply(.zScore(over: .nonzero), [0, 1, 3, 0]).scalars == [-2, -1, 1, -2])
  }

  @Test func oddValuesDoNotDecide() {
    let result = apply(.minMax(), [.nan, 0, 10, .infinity, 5]).scalars
    #expect(result[0].isNaN && result[1...] == [0, 1, .infinity, 0.5])
    for transform in [IntensityTransform.zScore(), .minMax(), .percentileWindow(1...99), .divideByMaximum] {
      #expect(transform.map(fitting: Tensor([Float.nan, .infinity])) == .identity)
      #expect(transform.map(fitting: Tensor<Float>([])) == .identity)
    }
  }

  @Test func inverseUndoesWhatWasNotClamped() throws {
    let values = Tensor<Float>([-1000, -160, 0, 240, 900])
    let map = IntensityTransform.window(-160...240).map(fitting: values)
    let back = try #require(map.inverse).applied(to: map.applied(to: values))
    #expect(isClose(back, Tensor([-160, -160, 0, 240, 240]), tolerance: 1e-5))
    #expect(IntensityMap(scale: 0, offset: 1).inverse == nil)
  }

  @Test func planesAreNormalizedOneByOne() {
    let volume = Volume<Float>(
      voxels: Tensor([0, 1, 2, 4, 5, 5], shape: [3, 1, 2]), affine: .identity)
    let (result, maps) = volume.normalized(by: .minMax(), scope: .eachPlane)
    #expect(result.voxels.scalars == [0, 1, 0, 1, 0, 0])
    #expect(maps.count == 3)
    #expect(volume.normalized(by: .minMax()).volume.voxels.scalars == [0, 0.2, 0.4, 0.8, 1, 1])
  }

  @Test(arguments: [1, 2, 3, 10, 1001]) func selectionIsSorting(_ count: Int) throws {
    var state: UInt64 = UInt64(count)
    let values = (0..<count).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 58)
    }
    let sorted = values.sorted()
    let percentiles = count == 1 ? [0, 50, 100] : (0..<count).map { 100 * Double($0) / Double(count - 1) }
    let found = try #require(Percentiles.values(percentiles, of: Tensor(values)))
    for (percentile, value) in zip(percentiles, found) {
      let rank = percentile / 100 * Double(count - 1)
      let low = Double(sorted[Int(rank)])
      let high = Double(sorted[min(count - 1, Int(rank) + 1)])
      #expect(value >= low - 1e-9 && value <= high + 1e-9)
    }
  }
}
