import Tensor
import Testing

@Suite struct MatrixMultiplicationTests {
  private let a = Tensor<Int32>(rows: [[1, 2, 3], [4, 5, 6]])
  private let b = Tensor<Int32>(rows: [[1, 0], [0, 2], [-1, 1]])

  @Test func byHand() {
    let product = Tensor<Int32>(rows: [[-2, 7], [-2, 16]])
    #expect(a.matmul(b) == product)
    #expect(Tensor<Float>(converting: a).matmul(Tensor(converting: b)) == Tensor(converting: product))
    #expect(Tensor<Double>(converting: a).matmul(Tensor(converting: b)) == Tensor(converting: product))
    #expect(a.matmul(a, transposing: .right) == Tensor(rows: [[14, 32], [32, 77]]))
    #expect(a.matmul(a, transposing: .left) == Tensor(rows: [[17, 22, 27], [22, 29, 36], [27, 36, 45]]))
    #expect(a.matmul(b, transposing: .both) == Tensor(rows: [[1, 8, 3], [2, 10, 3], [3, 12, 3]]))
  }

  /// All scalars and transpositions against the definition, at sizes around the blocks' edges.
  @Test(arguments: [
    (1, 1, 1), (2, 3, 4), (7, 1, 5), (1, 9, 1), (33, 17, 65), (129, 64, 97), (400, 70, 3), (3, 70, 400),
    (300, 200, 200),
  ])
  func byDefinition(_ m: Int, _ k: Int, _ n: Int) {
    var generator = PhiloxGenerator(seed: 10)
    let left = Tensor<Int32>(uniform: -9..<10, shape: [m, k], using: &generator)
    let right = Tensor<Int32>(uniform: -9..<10, shape: [k, n], using: &generator)
    let (x, y) = (left.scalars, right.scalars)
    let expected = Tensor<Int32>(shape: [m, n]) { buffer in
      for row in 0..<m {
        for column in 0..<n {
          buffer[row * n + column] = (0..<k).reduce(0) { $0 + x[row * k + $1] * y[$1 * n + column] }
        }
      }
    }
    #expect(left.matmul(right) == expected)
    for transposing in [TransposedOperands.neither, .left, .right, .both] {
      let p = transposing == .left || transposing == .both ? left.transposed() : left
      let q = transposing == .right || transposing == .both ? right.transposed() : right
      #expect(
        Tensor<Float>(converting: p).matmul(Tensor(converting: q), transposing: transposing)
          == Tensor(converting: expected), "\(transposing)")
      #expect(
        Tensor<Double>(converting: p).matmul(Tensor(converting: q), transposing: transposing)
          == Tensor(converting: expected), "\(transposing)")
      #expect(p.matmul(q, transposing: transposing) == expected, "\(transposing)")
    }
  }

  @Test func productsAreAddedInPlace() {
    for transposing in [TransposedOperands.neither, .left, .right, .both] {
      let (p, q) = (
        transposing.isLeft ? a.transposed() : a, transposing.isRight ? b.transposed() : b
      )
      var sums = Tensor<Int32>(rows: [[1, 2], [3, 4]])
      sums.add(productOf: p, q, transposing: transposing)
      #expect(sums == Tensor(rows: [[-1, 9], [1, 20]]), "\(transposing)")
      var floats = Tensor<Float>(rows: [[1, 2], [3, 4]])
      floats.add(productOf: Tensor(converting: p), Tensor(converting: q), transposing: transposing)
      #expect(floats == Tensor(converting: sums), "\(transposing)")
    }
  }

  @Test func batchesBroadcast() {
    var generator = PhiloxGenerator(seed: 10)
    let left = Tensor<Double>(uniform: -1..<1, shape: [2, 1, 3, 4], using: &generator)
    let right = Tensor<Double>(uniform: -1..<1, shape: [5, 4, 2], using: &generator)
    let product = left.matmul(right)
    #expect(product.shape == [2, 5, 3, 2])
    for i in 0..<2 {
      for j in 0..<5 {
        #expect(product[i][j].isClose(to: left[i][0].matmul(right[j]), absoluteTolerance: 1e-15))
      }
    }
    #expect(right.matmul(Tensor(identity: 2)) == right)
  }

  @Test func empty() {
    #expect(Tensor<Float>(zeros: [2, 0]).matmul(Tensor(zeros: [0, 3])) == Tensor(zeros: [2, 3]))
    #expect(Tensor<Float>(zeros: [0, 2]).matmul(Tensor(zeros: [2, 3])).shape == [0, 3])
    #expect(Tensor<Float>(zeros: [0, 2, 2]).matmul(Tensor(zeros: [2, 3])).shape == [0, 2, 3])
  }

  @Test func nanAndInfinityPassThrough() {
    let x = Tensor<Float>(rows: [[.nan, 1], [0, .infinity]])
    let product = x.matmul(Tensor(identity: 2))
    #expect(product[0, 0].isNaN && product[1, 1] == .infinity)
  }

  @Test func shapesThatDoNotFitTrap() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>(zeros: [2, 3]).matmul(Tensor(zeros: [2, 3]))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("[2, 3] and [2, 3] do not multiply"))
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [3]).matmul(Tensor(zeros: [3, 3])) }
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(zeros: [2, 3, 3]).matmul(Tensor(zeros: [3, 3, 3]))
    }
  }
}
