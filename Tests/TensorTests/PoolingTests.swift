import Tensor
import TestSupport
import Testing

@Suite struct PoolingTests {
  static let half = PoolingWindow([2, 2])
  static let overlapping = PoolingWindow([3, 3], stride: [2, 2], padding: [1, 1])

  // MARK: Worked by hand

  @Test func maximaOfAnImage() {
    let image = Tensor<Float>([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8], shape: [1, 4, 4, 1])
    #expect(image.maxPool(Self.half) == Tensor([6, 8, -1, -3], shape: [1, 2, 2, 1]))
    #expect(image.maxPool(Self.overlapping) == Tensor([6, 8, 6, 8], shape: [1, 2, 2, 1]))
    #expect(image.averagePool(Self.half) == Tensor([3.5, 5.5, -3.5, -5.5], shape: [1, 2, 2, 1]))
  }

  @Test func divisorsOfAnAverage() {
    let image = Tensor<Double>(ones: [1, 3, 3, 1])
    let window = PoolingWindow([2, 2], stride: [2, 2], padding: [1, 1])
    #expect(image.averagePool(window) == Tensor([0.25, 0.5, 0.5, 1], shape: [1, 2, 2, 1]))
    #expect(image.averagePool(window, divisor: .coveredPixels) == Tensor(ones: [1, 2, 2, 1]))
  }

  @Test func gradientGoesToTheFirstMaximum() {
    let image = Tensor<Float>([1, 4, 4, 4, 9, 2, 3, 3, 7], shape: [1, 3, 3, 1])
    let (output, selection) = image.maxPoolWithSelection(Self.half)
    #expect(output == Tensor([9], shape: [1, 1, 1, 1]))
    let one = Tensor<Float>.maxPoolGradient(
      outputGradient: Tensor([5], shape: [1, 1, 1, 1]), selection: selection, inputShape: image.shape,
      window: Self.half)
    #expect(one == Tensor([0, 0, 0, 0, 5, 0, 0, 0, 0], shape: [1, 3, 3, 1]))
    let equal = Tensor<Float>(ones: [1, 2, 2, 1])
    let first = Tensor<Float>.maxPoolGradient(
      outputGradient: Tensor([5], shape: [1, 1, 1, 1]),
      selection: equal.maxPoolWithSelection(Self.half).selection, inputShape: equal.shape, window: Self.half)
    #expect(first == Tensor([5, 0, 0, 0], shape: [1, 2, 2, 1]))
  }

  @Test func globalAverage() {
    let image = Tensor<Double>([1, 10, 2, 20, 3, 30, 6, 60], shape: [1, 2, 2, 2])
    #expect(image.globalAveragePool() == Tensor(rows: [[3, 30]]))
    let gradient = Tensor<Double>.globalAveragePoolGradient(
      outputGradient: Tensor(rows: [[4, 8]]), inputShape: [1, 2, 2, 2])
    #expect(gradient == Tensor([1, 2, 1, 2, 1, 2, 1, 2], shape: [1, 2, 2, 2]))
  }

  // MARK: Properties

  static let shapes: [[Int]] = [
    [1, 1, 1, 1], [2, 5, 7, 3], [1, 8, 6, 16], [3, 4, 9, 35], [2, 12, 10, 64], [0, 4, 4, 2], [1, 2, 2, 1],
  ]
  static let windows = [
    half, overlapping, PoolingWindow([3, 2]), PoolingWindow([1, 3], stride: [2, 1], padding: [0, 1]),
    PoolingWindow([2, 2], stride: [1, 1]), PoolingWindow([20, 20], stride: [1, 1], padding: [10, 10]),
  ]

  /// The definition, value by value.
  static func reference(_ x: Tensor<Float>, _ window: PoolingWindow) -> Tensor<Float> {
    let (h, w) = (window.outputLength(x.shape[1], axis: 0), window.outputLength(x.shape[2], axis: 1))
    var output = Tensor<Float>(zeros: [x.shape[0], h, w, x.shape[3]])
    for n in 0..<x.shape[0] {
      for row in 0..<h {
        for column in 0..<w {
          for channel in 0..<x.shape[3] {
            var best = -Float.infinity
            for i in 0..<window.size[0] {
              for j in 0..<window.size[1] {
                let y = row * window.stride[0] - window.padding[0] + i
                let z = column * window.stride[1] - window.padding[1] + j
                guard y >= 0, y < x.shape[1], z >= 0, z < x.shape[2] else { continue }
                best = max(best, x[n, y, z, channel])
              }
            }
            output[n, row, column, channel] = best
          }
        }
      }
    }
    return output
  }

  @Test(arguments: shapes, windows) func maximaFollowTheDefinition(_ shape: [Int], _ window: PoolingWindow) {
    let x: Tensor<Float> = Differences.tensor(TensorShape(shape), seed: 7)
    let expected = Self.reference(x, window)
    #expect(x.maxPool(window) == expected)
    #expect(x.maxPoolWithSelection(window).output == expected)
    // Double takes the exact path, Float the fast one.
    let wide = Tensor<Double>(converting: x).maxPoolWithSelection(window)
    let gradient: Tensor<Float> = Differences.tensor(expected.shape, seed: 8)
    let exact = Tensor<Double>.maxPoolGradient(
      outputGradient: Tensor(converting: gradient), selection: wide.selection, inputShape: x.shape,
      window: window)
    let fast = Tensor<Float>.maxPoolGradient(
      outputGradient: gradient, selection: x.maxPoolWithSelection(window).selection, inputShape: x.shape,
      window: window)
    #expect(Differences.relativeDistance(fast, exact) < 1e-6)
  }

  @Test(arguments: shapes, windows) func gradientsFollowDifferences(_ shape: [Int], _ window: PoolingWindow) {
    let x: Tensor<Double> = Differences.tensor(TensorShape(shape), seed: 9)
    let (output, selection) = x.maxPoolWithSelection(window)
    let cotangent: Tensor<Double> = Differences.tensor(output.shape, seed: 10)
    let maximum = Tensor<Double>.maxPoolGradient(
      outputGradient: cotangent, selection: selection, inputShape: x.shape, window: window)
    #expect(
      Differences.relativeError(of: maximum, at: x, step: 1e-7) {
        Differences.dot($0.maxPool(window), cotangent)
      } < 1e-5)
    for divisor in [AveragePoolingDivisor.wholeWindow, .coveredPixels] {
      let average = Tensor<Double>.averagePoolGradient(
        outputGradient: cotangent, inputShape: x.shape, window: window, divisor: divisor)
      #expect(
        Differences.relativeError(of: average, at: x) {
          Differences.dot($0.averagePool(window, divisor: divisor), cotangent)
        } < 1e-8)
    }
  }

  @Test(arguments: [[2, 4, 6, 8, 3], [1, 3, 5, 7, 16], [1, 1, 2, 2, 33]])
  func volumes(_ shape: [Int]) {
    let x: Tensor<Float> = Differences.tensor(TensorShape(shape), seed: 12)
    let window = PoolingWindow([2, 2, 2])
    // A volume's maxima are maxima over planes of the maxima within planes.
    let planes = x.reshaped(shape[0] * shape[1], shape[2], shape[3], shape[4]).maxPool(Self.half)
    let (h, w, c) = (planes.shape[1], planes.shape[2], planes.shape[3])
    let expected = planes.reshaped(shape[0], shape[1], h * w, c).maxPool(PoolingWindow([2, 1]))
    let (output, selection) = x.maxPoolWithSelection(window)
    #expect(output == expected.reshaped(shape[0], shape[1] / 2, h, w, c))
    let gradient: Tensor<Float> = Differences.tensor(output.shape, seed: 13)
    let back = Tensor<Float>.maxPoolGradient(
      outputGradient: gradient, selection: selection, inputShape: x.shape, window: window)
    // Windows do not overlap: each gradient arrives once, at its maximum.
    #expect((back * x).sum().isClose(to: (gradient * output).sum(), absoluteTolerance: 1e-4))
    #expect(back.scalars.count { $0 != 0 } == gradient.scalars.count { $0 != 0 })
  }

  // MARK: Extremes

  @Test func nanIsTheMaximum() {
    let image = Tensor<Float>(
      [.nan, 1, 1, 1] + Array(repeating: 0, count: 12), shape: [1, 4, 4, 1])
    let pooled = image.maxPool(Self.half)
    #expect(pooled[0, 0, 0, 0].isNaN)
    #expect(pooled[0, 0, 1, 0] == 1)
    let infinite = Tensor<Float>(repeating: -.infinity, shape: [1, 2, 2, 16])
    #expect(infinite.maxPool(Self.half) == Tensor(repeating: -.infinity, shape: [1, 1, 1, 16]))
  }

  @Test func imagesSmallerThanTheWindow() {
    #expect(Tensor<Float>(zeros: [1, 1, 4, 2]).maxPool(Self.half).shape == [1, 0, 2, 2])
    let gradient = Tensor<Float>.maxPoolGradient(
      outputGradient: Tensor(zeros: [1, 0, 2, 2]),
      selection: Tensor<Float>(zeros: [1, 1, 4, 2]).maxPoolWithSelection(Self.half).selection,
      inputShape: [1, 1, 4, 2], window: Self.half)
    #expect(gradient == Tensor(zeros: [1, 1, 4, 2]))
  }

  @Test func shapesThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [2, 4, 4]).maxPool(PoolingWindow([2, 2]))
    }
    await #expect(processExitsWith: .failure) { _ = PoolingWindow([2, 2], padding: [2, 0]) }
  }
}
