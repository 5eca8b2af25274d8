import Tensor
import Testing

@Suite struct TensorInitializersTests {
  @Test func filled() {
    #expect(Tensor<Float>(zeros: [2, 2]).scalars == [0, 0, 0, 0])
    #expect(Tensor<Int32>(ones: [3]).scalars == [1, 1, 1])
    #expect(Tensor<Bool>(zeros: [2]).scalars == [false, false])
    #expect(Tensor<UInt8>(repeating: 7, shape: [1, 3]).scalars == [7, 7, 7])
    #expect(Tensor<Float>(zeros: [0, 3]).scalars.isEmpty)
  }

  @Test func ranges() {
    #expect(Tensor<Int32>(arange: 2, to: 11, by: 3).scalars == [2, 5, 8])
    #expect(Tensor<Int32>(arange: 3, to: 0, by: -1).scalars == [3, 2, 1])
    #expect(Tensor<Int32>(arange: 3, to: 0).scalars.isEmpty)
    #expect(Tensor<Double>(arange: 0, to: 1, by: 0.25).scalars == [0, 0.25, 0.5, 0.75])
    #expect(Tensor<Double>(linspace: 1, through: 2, count: 5).scalars == [1, 1.25, 1.5, 1.75, 2])
    #expect(Tensor<Double>(linspace: 1, through: 2, count: 1).scalars == [1])
    #expect(Tensor<Double>(linspace: 1, through: 2, count: 0).scalars.isEmpty)
  }

  @Test func identity() {
    #expect(Tensor<Float>(identity: 2) == Tensor(rows: [[1, 0], [0, 1]]))
    #expect(Tensor<Float>(identity: 0).shape == [0, 0])
  }

  @Test func conversionTruncatesAndClamps() {
    let values = Tensor<Double>([-1.5, 2.9, 300, .nan, .infinity])
    #expect(Tensor<UInt8>(converting: values).scalars == [0, 2, 255, 0, 255])
    #expect(Tensor<Int32>(converting: values).scalars == [-1, 2, 300, 0, .max])
    #expect(Tensor<Int64>(converting: Tensor<UInt64>([.max, 5])).scalars == [.max, 5])
    #expect(Tensor<Int8>(converting: Tensor<Int64>([-1000, 7])).scalars == [-128, 7])
    #expect(
      Tensor<UInt8>(converting: Tensor<Int32>([-1, 0, 200, 255, 256, .max])).scalars == [
        0, 0, 200, 255, 255, 255,
      ])
    #expect(Tensor<Int32>(converting: Tensor<UInt8>([0, 127, 128, 255])).scalars == [0, 127, 128, 255])
    #expect(Tensor<Float>(converting: Tensor<Double>([0.1])).scalars == [0.1 as Float])
    #expect(Tensor<Double>(converting: Tensor<Float>([0.1])).scalars == [Double(0.1 as Float)])
    #expect(Tensor<Int64>(converting: Tensor<Int64>([.max])).scalars == [.max])
  }

  @Test func masksBecomeNumbers() {
    #expect(Tensor<Float>(mask: Tensor([true, false])) == Tensor([1, 0]))
  }

  @Test func countsThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>([1, 2, 3], shape: [2, 2]) }
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(rows: [[1], [1, 2]]) }
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(arange: 0, to: 1, by: 0) }
  }

  @Test func aRangeWithoutEndNamesItself() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>(arange: 0, to: .nan)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("arange from 0.0 to nan"), "\(message)")
    #expect(Tensor<Float>(arange: 0, to: -.infinity).scalars.isEmpty)
  }
}
