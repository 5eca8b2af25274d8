import Tensor
import Testing

@Suite struct ArithmeticTests {
  private let matrix = Tensor<Float>(rows: [[1, 2, 3], [4, 5, 6]])
  private let row = Tensor<Float>([10, 20, 30])
  private let column = Tensor<Float>(rows: [[1], [-1]])

  @Test func equalShapes() {
    #expect(matrix + matrix == Tensor(rows: [[2, 4, 6], [8, 10, 12]]))
    #expect(matrix - matrix == Tensor(zeros: [2, 3]))
    #expect(matrix * matrix == Tensor(rows: [[1, 4, 9], [16, 25, 36]]))
    #expect(matrix / matrix == Tensor(ones: [2, 3]))
  }

  @Test func broadcasting() {
    #expect(matrix + row == Tensor(rows: [[11, 22, 33], [14, 25, 36]]))
    #expect(row - matrix == Tensor(rows: [[9, 18, 27], [6, 15, 24]]))
    #expect(matrix * column == Tensor(rows: [[1, 2, 3], [-4, -5, -6]]))
    #expect(column * row == Tensor(rows: [[10, 20, 30], [-10, -20, -30]]))
    #expect(Tensor<Float>(2) * row == Tensor([20, 40, 60]))
    #expect((matrix.reshaped(2, 1, 3) + column.reshaped(1, 2, 1)).shape == [2, 2, 3])
  }

  @Test func numbersOnBothSides() {
    #expect(row + 1 == Tensor([11, 21, 31]))
    #expect(1 + row == Tensor([11, 21, 31]))
    #expect(row - 1 == Tensor([9, 19, 29]))
    #expect(1 - row == Tensor([-9, -19, -29]))
    #expect(row * 2 == 2 * row)
    #expect(row / 10 == Tensor([1, 2, 3]))
    #expect(60 / row == Tensor([6, 3, 2]))
    #expect(-row == Tensor([-10, -20, -30]))
  }

  @Test func inPlace() {
    var tensor = matrix
    tensor += row
    tensor -= 1
    tensor *= column
    tensor /= Tensor<Float>(2)
    tensor *= 2
    tensor += 1
    tensor -= row
    tensor /= 1
    #expect(tensor == Tensor(rows: [[1, 2, 3], [-22, -43, -64]]))
    #expect(matrix == Tensor(rows: [[1, 2, 3], [4, 5, 6]]))
    tensor = matrix
    tensor *= tensor
    #expect(tensor == matrix * matrix)
  }

  /// Every pair of shapes, against the definition: the element at an index is that of both operands at the
  /// index with 0 on repeated axes.
  @Test(
    arguments: [
      ([3, 4], [3, 4]), ([5], [1]), ([1, 1], [7, 3]), ([2, 3, 4], [3, 1]), ([2, 1, 4], [3, 1]),
      ([4, 1, 2, 1], [3, 1, 5]),
      ([0, 3], [3]), ([3, 0], [3, 1]), ([], []), ([257, 129], [129]), ([129, 1], [129, 300]),
      ([3, 70_000], [70_000]),
      ([2, 1, 3], [1, 40_000, 3]),
    ] as [(TensorShape, TensorShape)])
  func broadcastingByDefinition(_ left: TensorShape, _ right: TensorShape) throws {
    var generator = PhiloxGenerator(seed: 3)
    let a = Tensor<Int32>(uniform: -100..<100, shape: left, using: &generator)
    let b = Tensor<Int32>(uniform: -100..<100, shape: right, using: &generator)
    let shape = try #require(left.broadcast(with: right))
    func expected(_ function: (Int32, Int32) -> Int32) -> Tensor<Int32> {
      func place(_ index: Int, in operand: TensorShape) -> Int {
        var (rest, offset) = (index, 0)
        for axis in (0..<shape.rank).reversed() {
          let own = axis - (shape.rank - operand.rank)
          if own >= 0, operand.dimensions[own] != 1 {
            offset += rest % shape.dimensions[axis] * operand.strides[own]
          }
          rest /= shape.dimensions[axis]
        }
        return offset
      }
      let (x, y) = (a.scalars, b.scalars)
      return Tensor(
        (0..<shape.elementCount).map { function(x[place($0, in: left)], y[place($0, in: right)]) },
        shape: shape)
    }
    let (aFloat, bFloat) = (Tensor<Float>(converting: a), Tensor<Float>(converting: b))
    #expect(a - b == expected(-))
    #expect(b - a == expected { $1 - $0 })
    #expect(aFloat + bFloat == Tensor<Float>(converting: expected(+)))
    #expect(aFloat - bFloat == Tensor<Float>(converting: expected(-)))
    #expect(bFloat - aFloat == Tensor<Float>(converting: expected { $1 - $0 }))
    #expect(aFloat * bFloat == Tensor<Float>(converting: expected(*)))
    #expect(aFloat.maximum(bFloat) == Tensor<Float>(converting: expected { max($0, $1) }))
    #expect(aFloat.minimum(bFloat) == Tensor<Float>(converting: expected { min($0, $1) }))
    if shape == left {
      var updated = aFloat
      updated -= bFloat
      #expect(updated == Tensor<Float>(converting: expected(-)))
    }
  }

  @Test func extremesPropagateNaN() {
    let a = Tensor<Float>([1, .nan, 3, .infinity])
    let b = Tensor<Float>([2, 2, .nan, -.infinity])
    #expect(a.maximum(b).isIdentical(to: Tensor([2, .nan, .nan, .infinity])))
    #expect(a.minimum(b).isIdentical(to: Tensor([1, .nan, .nan, -.infinity])))
    #expect(a.maximum(2).isIdentical(to: Tensor([2, .nan, 3, .infinity])))
    #expect(a.minimum(2).isIdentical(to: Tensor([1, .nan, 2, 2])))
  }

  @Test func divisionFollowsIEEE() {
    let quotients = Tensor<Double>([1, -1, 0]) / Tensor<Double>([0, 0, 0])
    #expect(
      quotients.scalars[0] == .infinity && quotients.scalars[1] == -.infinity && quotients.scalars[2].isNaN)
  }

  @Test func powers() {
    #expect(Tensor<Double>([2, 3, -2]).power(3) == Tensor([8, 27, -8]))
    #expect(Tensor<Double>([4, 9]).power(Tensor([0.5, -0.5])) == Tensor([2, 1 / 3.0]))
    #expect(Tensor<Float>([0, .nan]).power(0) == Tensor([1, 1]))
    #expect(Tensor<Float>([-1]).power(0.5).scalars[0].isNaN)
    #expect(Tensor<Float>([4, 9]).power(Tensor(rows: [[2], [0.5]])) == Tensor(rows: [[16, 81], [2, 3]]))
  }

  @Test func integers() {
    let a = Tensor<Int32>([7, -7, 8])
    #expect(a / 2 == Tensor([3, -3, 4]))
    #expect(a % 4 == Tensor([3, -3, 0]))
    #expect(a / Tensor([2, 2, -8]) == Tensor([3, -3, -1]))
    #expect(a % Tensor([4, 4, 5]) == Tensor([3, -3, 3]))
    #expect(Tensor<UInt8>([200, 1]) + 55 == Tensor([255, 56]))
    #expect(-a == Tensor([-7, 7, -8]))
    #expect(Tensor<Int64>([3]) * Tensor<Int64>([-4]) == Tensor([-12]))
  }

  @Test func whatDoesNotFitTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>(zeros: [2, 3]) + Tensor<Float>(zeros: [2])
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("[2, 3]") && message.contains("[2]"))
    await #expect(processExitsWith: .failure) {
      var tensor = Tensor<Float>([1])
      tensor += Tensor([1, 2])
    }
    await #expect(processExitsWith: .failure) { _ = Tensor<UInt8>([200]) + 56 }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>([1]) / 0 }
  }
}
