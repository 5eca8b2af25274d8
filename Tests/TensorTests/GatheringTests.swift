import Tensor
import Testing

@Suite struct GatheringTests {
  @Test func takesRowsAndColumns() {
    let x = Tensor<Float>(rows: [[1, 2, 3], [4, 5, 6]])
    #expect(x.gathered(at: Tensor<Int64>([1, 0, 1])) == Tensor(rows: [[4, 5, 6], [1, 2, 3], [4, 5, 6]]))
    #expect(x.gathered(along: 1, at: Tensor<Int32>([2, 0])) == Tensor(rows: [[3, 1], [6, 4]]))
    #expect(x.gathered(along: -1, at: [1]) == Tensor(rows: [[2], [5]]))
    #expect(x.gathered(along: 0, at: Tensor<Int32>(zeros: [2, 2])).shape == [2, 2, 3])
    #expect(x.gathered(along: 0, at: Tensor<Int32>(1)) == Tensor([4, 5, 6]))
    #expect(x.gathered(along: 0, at: []).shape == [0, 3])
  }

  @Test func worksForEveryElementSize() {
    let order = [2, 0]
    #expect(Tensor<Bool>([true, false, false]).gathered(at: order).scalars == [false, true])
    #expect(Tensor<Int16>([1, 2, 3]).gathered(at: order).scalars == [3, 1])
    #expect(Tensor<Double>([1, 2, 3]).gathered(at: order).scalars == [3, 1])
  }

  @Test func takesElements() {
    let x = Tensor<Float>(rows: [[1, 2, 3], [4, 5, 6]])
    #expect(x.gatheredElements(along: 1, at: Tensor<Int64>(rows: [[2], [0]])) == Tensor(rows: [[3], [4]]))
    #expect(x.gatheredElements(along: 0, at: Tensor<Int32>(rows: [[1, 0, 1]])) == Tensor(rows: [[4, 2, 6]]))
  }

  @Test func addsInOrder() {
    let x = Tensor<Float>(ones: [3, 2])
    let updates = Tensor<Float>(rows: [[1, 2], [3, 4], [5, 6]])
    #expect(
      x.scatterAdding(updates, at: Tensor<Int32>([2, 0, 2])) == Tensor(rows: [[4, 5], [1, 1], [7, 9]]))
    #expect(
      Tensor<Int32>(zeros: [2, 3]).scatterAdding(
        Tensor(rows: [[1, 2], [3, 4]]), along: 1, at: Tensor<Int64>([1, 1]))
        == Tensor(rows: [[0, 3, 0], [0, 7, 0]]))
    #expect(
      Tensor<Double>(zeros: [2, 2]).scatterAddingElements(
        Tensor(rows: [[1, 2], [3, 4]]), along: 1, at: Tensor<Int32>(rows: [[0, 0], [1, 1]]))
        == Tensor(rows: [[3, 0], [0, 7]]))
  }

  /// A tensor that nothing else holds is added to where it lies; one that is held stays as it was.
  @Test func addsInPlaceWhereNothingElseHoldsTheTensor() {
    let indices = Tensor<Int32>([1, 1])
    let own = Tensor<Float>(zeros: [2, 2])
    let place = own.pointer
    let sums = (consume own).scatterAdding(Tensor(ones: [2, 2]), at: indices)
    #expect(sums.pointer == place && sums.scalars == [0, 0, 2, 2])
    let elements = (consume sums).scatterAddingElements(
      Tensor(ones: [1, 2]), along: 0, at: Tensor<Int32>(zeros: [1, 2]))
    #expect(elements.pointer == place && elements.scalars == [1, 1, 2, 2])
    let part = (consume elements).replacing(along: 0, 0..<1, with: Tensor(zeros: [1, 2]))
    #expect(part.pointer == place && part.scalars == [0, 0, 2, 2])
    let held = part
    #expect(part.scatterAdding(Tensor(ones: [2, 2]), at: indices).scalars == [0, 0, 4, 4])
    #expect(held.scalars == [0, 0, 2, 2] && part.scalars == [0, 0, 2, 2])
  }

  /// <gather(x), u> = <x, scatter(u)>: one is the transpose of the other.
  @Test(arguments: [[7], [5, 1], [3, 4, 5], [2, 40, 3]], [0, -1])
  func scatterIsTheTransposeOfGather(lengths: [Int], axis: Int) {
    let x = counting(TensorShape(lengths), as: Double.self)
    let length = x.shape[axis]
    let indices = Tensor<Int32>((0..<2 * length + 1).map { Int32(($0 * 7 + 3) % length) })
    let y = x.gathered(along: axis, at: indices)
    let u = Tensor<Double>(y.scalars.indices.map { Double(($0 * 5) % 11) }, shape: y.shape)
    let back = Tensor<Double>(zeros: x.shape).scatterAdding(u, along: axis, at: indices)
    let left = zip(y.scalars, u.scalars).reduce(0) { $0 + $1.0 * $1.1 }
    let right = zip(x.scalars, back.scalars).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(left == right)
  }

  @Test func threadsDoNotChangeTheBits() {
    let updates = Tensor<Float>((0..<40_000 * 8).map { Float($0 % 97) / 7 }, shape: [40_000, 8])
    let indices = Tensor<Int32>((0..<40_000).map { Int32($0 * 31 % 100) })
    let wide = updates.reshaped(10_000, 32)
    let narrow = Tensor<Int32>((0..<10_000).map { Int32($0 * 31 % 100) })
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    var results: [[Tensor<Float>]] = []
    for threads in 1...3 {
      ComputeThreads.count = threads
      results.append([
        Tensor(zeros: [100, 8]).scatterAdding(updates, at: indices),
        Tensor(zeros: [100, 32]).scatterAdding(wide, at: narrow),
      ])
    }
    #expect(results[0] == results[1] && results[1] == results[2])
  }

  @Test func oneHotCodes() {
    #expect(
      Tensor<Int32>([2, 0, -1, 3]).oneHot(classCount: 3, as: Float.self)
        == Tensor(rows: [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]]))
    #expect(Tensor<UInt8>(zeros: [2, 2]).oneHot(classCount: 1, as: Int32.self) == Tensor(ones: [2, 2, 1]))
  }

  @Test func findsTruePlaces() {
    let mask = Tensor<Bool>(rows: [[false, true, false], [true, false, true]])
    #expect(mask.trueOffsets() == [1, 3, 5])
    #expect(mask.trueIndices() == Tensor<Int64>(rows: [[0, 1], [1, 0], [1, 2]]))
    #expect(Tensor<Bool>(zeros: [2, 2]).trueIndices().shape == [0, 2])
  }

  @Test func indicesOutsideTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [2, 3]).gathered(at: Tensor<Int32>([2]))
    }
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [2, 3]).gathered(at: Tensor<Int64>([-1]))
    }
  }
}
