import Tensor
import Testing

@Suite struct ComparisonTests {
  private let a = Tensor<Float>([1, 2, 3, .nan])
  private let b = Tensor<Float>([2, 2, 2, .nan])

  @Test func tensors() {
    #expect((a .< b) == Tensor([true, false, false, false]))
    #expect((a .<= b) == Tensor([true, true, false, false]))
    #expect((a .> b) == Tensor([false, false, true, false]))
    #expect((a .>= b) == Tensor([false, true, true, false]))
    #expect((a .== b) == Tensor([false, true, false, false]))
    #expect((a .!= b) == Tensor([true, false, true, true]))
  }

  @Test func numbers() {
    #expect((a .< 2) == Tensor([true, false, false, false]))
    #expect((a .<= 2) == Tensor([true, true, false, false]))
    #expect((a .> 2) == Tensor([false, false, true, false]))
    #expect((a .>= 2) == Tensor([false, true, true, false]))
    #expect((a .== 2) == Tensor([false, true, false, false]))
    #expect((a .!= 2) == Tensor([true, false, true, true]))
    #expect((Tensor<Int32>([1, 5]) .== 5) == Tensor([false, true]))
    #expect((Tensor<Bool>([true, false]) .== true) == Tensor([true, false]))
  }

  @Test func broadcasting() {
    #expect(
      (Tensor<Int32>(rows: [[1], [3]]) .< Tensor([2, 4])) == Tensor(rows: [[true, true], [false, true]]))
  }

  @Test func kindsOfNumbers() {
    let x = Tensor<Double>([1, .nan, .infinity])
    #expect(x.isNaN() == Tensor([false, true, false]))
    #expect(x.isFinite() == Tensor([true, false, false]))
  }

  @Test func logic() {
    let (p, q) = (Tensor<Bool>([true, true, false, false]), Tensor<Bool>([true, false, true, false]))
    #expect((p .& q) == Tensor([true, false, false, false]))
    #expect((p .| q) == Tensor([true, true, true, false]))
    #expect((p .^ q) == Tensor([false, true, true, false]))
    #expect(.!p == Tensor([false, false, true, true]))
    #expect(((a .> 1) .& (a .< 3)) == Tensor([false, true, false, false]))
  }
}
