import Tensor
import Testing

@Suite struct RepetitionTests {
  @Test func broadcasts() {
    let row = Tensor<Int32>([1, 2])
    #expect(row.broadcast(to: [3, 2]).scalars == [1, 2, 1, 2, 1, 2])
    #expect(row.reshaped(2, 1).broadcast(to: [2, 3]).scalars == [1, 1, 1, 2, 2, 2])
    #expect(row.reshaped(1, 2, 1).broadcast(to: [2, 2, 2]).scalars == [1, 1, 2, 2, 1, 1, 2, 2])
    #expect(Tensor<Float>(3).broadcast(to: [2, 2]).scalars == [3, 3, 3, 3])
    #expect(Tensor<Float>(zeros: [1, 3]).broadcast(to: [0, 3]).shape == [0, 3])
  }

  @Test func tilesAndRepeats() {
    let x = Tensor<Int32>(rows: [[1, 2], [3, 4]])
    #expect(x.tiled(2, 1).scalars == [1, 2, 3, 4, 1, 2, 3, 4])
    #expect(x.tiled(1, 2).scalars == [1, 2, 1, 2, 3, 4, 3, 4])
    #expect(x.tiled(0, 2).shape == [0, 4])
    #expect(x.repeated(2, along: 0).scalars == [1, 2, 1, 2, 3, 4, 3, 4])
    #expect(x.repeated(2, along: 1).scalars == [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(x.repeated(3, along: 1).scalars == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
    #expect(x.repeated(0, along: 1).shape == [2, 0])
  }

  @Test func shapesThatDoNotBroadcastTrap() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [2, 3]).broadcast(to: [2, 4]) }
  }
}
