import Foundation
import Tensor
import Testing

/// The reference values of SciPy and PyTorch in resampling.json.
struct ResamplingReference: Decodable {
  struct Resize: Decodable {
    var size: [Int]
    var mode: String?
    var align: Bool
    var values: [Double]
  }
  struct Row: Decodable {
    var mode: String
    var positions: [Double]
    var values: [Double]
  }
  struct Warp: Decodable {
    var rank, order: Int
    var mode: String
    var positions, values: [Double]
  }
  struct Gaussian: Decodable {
    var sigma: [Double]
    var truncate: Double
    var mode: String
    var values: [Double]
  }
  var resize, resize3D: [Resize]
  var spline, linear: [Row]
  var warp: [Warp]
  var gaussian: [Gaussian]

  static func load() throws -> ResamplingReference {
    let url = try #require(
      Bundle.module.url(forResource: "resampling", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(ResamplingReference.self, from: Data(contentsOf: url))
  }

  /// The image of the reference script: `sin(0.7 i) + 0.01 i`.
  static func image(_ lengths: [Int]) -> Tensor<Double> {
    Tensor(shape: TensorShape([1] + lengths + [1])) { buffer in
      for index in buffer.indices { buffer[index] = sin(0.7 * Double(index)) + 0.01 * Double(index) }
    }
  }

  /// SciPy's names of border modes.
  static func border(_ mode: String) -> BorderMode<Double> {
    switch mode {
    case "mirror": .reflect
    case "reflect": .symmetric
    case "nearest": .edge
    default: .constant(0.3)
    }
  }
}

@Suite struct ResamplingReferenceTests {
  let reference: ResamplingReference

  init() throws { reference = try .load() }

  @Test func resizesAsPyTorch() {
    let image = ResamplingReference.image([5, 7])
    for item in reference.resize {
      let expected = Tensor(item.values, shape: TensorShape([1] + item.size + [1]))
      let coordinates: CoordinateConvention = item.align ? .alignedCorners : .halfPixelCenters
      let result =
        switch item.mode {
        case "bilinear": image.resized(to: item.size, coordinates: coordinates)
        case "bicubic":
          image.resized(to: item.size, interpolation: .cubicConvolution(), coordinates: coordinates)
        case "area": image.resized(to: item.size, interpolation: .area)
        case "nearest": image.resizedNearest(to: item.size, coordinates: .cornerOrigin)
        default: image.resizedNearest(to: item.size)
        }
      #expect(
        result.isClose(to: expected, absoluteTolerance: 1e-12),
        "\(item.mode ?? "") \(item.size) \(coordinates)")
    }
  }

  @Test func resizesVolumesAsPyTorch() {
    let volume = ResamplingReference.image([3, 4, 5])
    for item in reference.resize3D {
      let expected = Tensor(item.values, shape: TensorShape([1] + item.size + [1]))
      let result = volume.resized(
        to: item.size, coordinates: item.align ? .alignedCorners : .halfPixelCenters)
      #expect(result.isClose(to: expected, absoluteTolerance: 1e-12), "\(item.size)")
    }
  }

  /// One axis at scattered positions; each position is resampled by itself, as a row of length 1.
  @Test func resamplesRowsAsSciPy() {
    let row = ResamplingReference.image([7])
    for (items, interpolation) in [
      (reference.linear, Interpolation.linear), (reference.spline, .cubicSpline),
    ] {
      for item in items {
        let values = item.positions.map {
          row.resampled(
            along: 1, to: 1, scale: 1, offset: $0, interpolation: interpolation,
            border: ResamplingReference.border(item.mode)
          ).item
        }
        #expect(
          Tensor(values).isClose(to: Tensor(item.values), absoluteTolerance: 1e-12),
          "\(interpolation) \(item.mode): \(values) \(item.values)")
      }
    }
  }

  @Test func warpsAsSciPy() {
    for item in reference.warp {
      let lengths = item.rank == 2 ? [5, 7] : [3, 4, 5]
      let count = item.values.count
      let ones = [Int](repeating: 1, count: item.rank - 1)
      let coordinates = Tensor(item.positions, shape: TensorShape([1, count] + ones + [item.rank]))
      let image = ResamplingReference.image(lengths)
      let border = ResamplingReference.border(item.mode)
      let interpolations: [Int: Interpolation] = [0: .nearest, 1: .linear, 3: .cubicSpline]
      let result = image.sampled(
        at: coordinates, interpolation: interpolations[item.order] ?? .area, border: border)
      let expected = Tensor(item.values, shape: result.shape)
      // Constant and edge borders cut the spline's coefficients off after twelve pixels.
      let isCutOff = item.order == 3 && ["nearest", "grid-constant"].contains(item.mode)
      let tolerance = isCutOff ? 1e-6 : 1e-12
      #expect(
        result.isClose(to: expected, absoluteTolerance: tolerance),
        "rank \(item.rank), order \(item.order), \(item.mode): \(result.maximumAbsoluteDifference(to: expected))"
      )
      if item.order == 0 {
        #expect(image.sampledNearest(at: coordinates, border: border) == expected)
      }
    }
  }

  @Test func smoothsAsSciPy() {
    let image = ResamplingReference.image([5, 7])
    for item in reference.gaussian {
      let result = image.gaussianSmoothed(
        standardDeviations: item.sigma, radius: .standardDeviations(item.truncate),
        border: ResamplingReference.border(item.mode))
      let expected = Tensor(item.values, shape: image.shape)
      #expect(result.isClose(to: expected, absoluteTolerance: 1e-12), "\(item.sigma) \(item.mode)")
    }
  }
}
