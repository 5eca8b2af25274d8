import Tensor
import Testing

@Suite struct PaddingTests {
  /// The rows of NumPy's documentation of `pad`.
  @Test func bordersOfARow() {
    let x = Tensor<Int32>([1, 2, 3, 4, 5])
    let amounts = [PaddingAmount(before: 2, after: 3)]
    #expect(x.padded(amounts, border: .constant(9)).scalars == [9, 9, 1, 2, 3, 4, 5, 9, 9, 9])
    #expect(x.padded(amounts, border: .edge).scalars == [1, 1, 1, 2, 3, 4, 5, 5, 5, 5])
    #expect(x.padded(amounts, border: .reflect).scalars == [3, 2, 1, 2, 3, 4, 5, 4, 3, 2])
    #expect(x.padded(amounts, border: .symmetric).scalars == [2, 1, 1, 2, 3, 4, 5, 5, 4, 3])
  }

  @Test func reflectsMoreThanOnce() {
    let x = Tensor<Int32>([1, 2])
    #expect(x.padded([.init(4)], border: .reflect).scalars == [1, 2, 1, 2, 1, 2, 1, 2, 1, 2])
    #expect(x.padded([.init(3)], border: .symmetric).scalars == [2, 2, 1, 1, 2, 2, 1, 1])
    #expect(Tensor<Int32>([7]).padded([.init(2)], border: .reflect).scalars == [7, 7, 7, 7, 7])
  }

  @Test func padsAnImage() {
    let x = counting([1, 2, 2, 2], as: Float.self)
    let y = x.padded([.none, .init(before: 1, after: 0), .init(before: 0, after: 1), .none], border: .edge)
    #expect(
      y == Tensor([0, 1, 2, 3, 2, 3, 0, 1, 2, 3, 2, 3, 4, 5, 6, 7, 6, 7], shape: [1, 3, 3, 2]))
    let z = x.padded([.none, .init(before: 0, after: 1), .none, .none], border: .constant(-1))
    #expect(z == Tensor([0, 1, 2, 3, 4, 5, 6, 7, -1, -1, -1, -1], shape: [1, 3, 2, 2]))
    #expect(Tensor<Float>(zeros: [0]).padded([.init(1)], border: .constant(2)).scalars == [2, 2])
  }

  @Test(arguments: [[3, 4], [5, 1], [1, 1], [2, 7]])
  func croppingUndoesPadding(lengths: [Int]) {
    let x = counting(TensorShape(lengths), as: Int32.self)
    for border in [BorderMode<Int32>.constant(5), .edge, .reflect, .symmetric] {
      let y = x.padded([.init(before: 3, after: 2), .init(before: 0, after: 9)], border: border)
      #expect(y.cropped(to: [3..<3 + lengths[0], 0..<lengths[1]]) == x, "\(border)")
    }
  }

  /// Reference values of MONAI 1.6.1 `ResizeWithPadOrCrop`.
  @Test func centersABox() {
    let x = counting([3, 4], as: Float.self)
    #expect(x.centerPaddedOrCropped(to: [2, 2], border: .constant(0)) == Tensor(rows: [[1, 2], [5, 6]]))
    #expect(
      x.centerPaddedOrCropped(to: [5, 6], border: .constant(0))
        == Tensor(rows: [
          [0, 0, 0, 0, 0, 0], [0, 0, 1, 2, 3, 0], [0, 4, 5, 6, 7, 0], [0, 8, 9, 10, 11, 0],
          [0, 0, 0, 0, 0, 0],
        ]))
    #expect(
      x.centerPaddedOrCropped(to: [4, 3], border: .constant(-1))
        == Tensor(rows: [[1, 2, 3], [5, 6, 7], [9, 10, 11], [-1, -1, -1]]))
  }

  @Test func amountsForAnotherRankTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [2, 3]).padded([.init(1)], border: .edge)
    }
  }
}
