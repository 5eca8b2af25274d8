import Tensor
import TestSupport
import Testing

@Suite struct EuclideanLengthTests {
  /// 3 and 4 times any size have the length 5.
  @Test(arguments: [Float(1), 1e-3, 1e19, 1e20, 6e37, 1e-22, 1e-30]) func inFloat(_ size: Float) {
    let length = EuclideanLength.length(of: Tensor<Float>([3 * size, 0, -4 * size]))
    #expect((length / (5 * Double(size)) - 1).magnitude < 1e-6, "\(length)")
  }

  @Test(arguments: [1, 1e154, 1e300, 1e-160, 1e-300]) func inDouble(_ size: Double) {
    let length = EuclideanLength.length(of: Tensor<Double>([3 * size, 0, -4 * size]))
    #expect((length / (5 * size) - 1).magnitude < 1e-14, "\(length)")
    #expect((EuclideanLength.length(of: [3 * size, 0, -4 * size]) / (5 * size) - 1).magnitude < 1e-14)
  }

  @Test func theLengthOfFloatsMayBeBeyondFloat() {
    let length = EuclideanLength.length(of: Tensor<Float>(repeating: 3e38, shape: [100, 100]))
    #expect((length / 3e40 - 1).magnitude < 1e-6)
  }

  @Test func nothingAndZerosHaveNone() {
    #expect(EuclideanLength.length(of: Tensor<Float>(zeros: [0])) == 0)
    #expect(EuclideanLength.length(of: Tensor<Float>(zeros: [7])) == 0)
    #expect(EuclideanLength.length(of: [Double]()) == 0)
  }

  @Test func whatIsNotFiniteStays() {
    #expect(EuclideanLength.length(of: Tensor<Float>([1, .infinity, -1])) == .infinity)
    #expect(EuclideanLength.length(of: Tensor<Float>([1, .nan, 1e30])).isNaN)
    #expect(EuclideanLength.length(of: Tensor<Float>([.infinity, .nan])).isNaN)
    #expect(EuclideanLength.length(of: [1, .nan]).isNaN)
  }

  @Test func elementsThatAreNotFiniteAreCounted() {
    #expect(Tensor<Float>([1, 2]).nonFiniteElements == (0, nil))
    #expect(Tensor<Float>([]).nonFiniteElements == (0, nil))
    #expect(Tensor<Float>(rows: [[1, .nan], [.infinity, -.infinity]]).nonFiniteElements == (3, 1))
    // Finite elements whose sum is not.
    #expect(Tensor<Float>([3e38, 3e38, 1]).nonFiniteElements == (0, nil))
  }
}
