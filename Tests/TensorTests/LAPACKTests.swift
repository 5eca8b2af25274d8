import Tensor
import TestSupport
import Testing

@Suite struct LAPACKTests {
  /// (6, 2; 2, 3): eigenvalues 7 along (2, 1) and 2 along (-1, 2).
  @Test func eigenvaluesOfASmallMatrix() throws {
    let (values, vectors) = try #require(
      LAPACK.symmetricEigenvalues(of: Tensor<Double>(rows: [[6, 2], [2, 3]])))
    let root = Double(5).squareRoot()
    #expect(values.isClose(to: Tensor([7, 2]), absoluteTolerance: 1e-14))
    #expect(
      vectors.isClose(
        to: Tensor(rows: [[2 / root, 1 / root], [-1 / root, 2 / root]]), absoluteTolerance: 1e-14))
  }

  @Test(arguments: [1, 2, 5, 64]) func eigenvectorsDiagonalize(_ size: Int) throws {
    var generator = SplitMix64(seed: 5)
    let half = Tensor<Double>(
      normalWithMean: 0, standardDeviation: 1, shape: [size, size], using: &generator)
    let matrix = half + half.transposed()
    let (values, vectors) = try #require(LAPACK.symmetricEigenvalues(of: matrix))
    let product = vectors.matmul(matrix).matmul(vectors, transposing: .right)
    let diagonal = Tensor<Double>(identity: size) * values
    #expect(product.isClose(to: diagonal, absoluteTolerance: 1e-12 * Double(size)))
    let gram = vectors.matmul(vectors, transposing: .right)
    #expect(gram.isClose(to: Tensor(identity: size), absoluteTolerance: 1e-12))
    #expect(zip(values.scalars, values.scalars.dropFirst()).allSatisfy { $0 >= $1 })
    for row in 0..<size {
      #expect(vectors[row].scalars.max { $0.magnitude < $1.magnitude } ?? 0 > 0, "row \(row)")
    }
  }

  /// Rows (3, 0) and (4, 5): singular values of sqrt 45 and sqrt 5.
  @Test func singularValuesOfASmallMatrix() throws {
    let matrix = Tensor<Double>(rows: [[3, 0], [4, 5]])
    let expected = Tensor([Double(45).squareRoot(), Double(5).squareRoot()])
    #expect(try #require(LAPACK.singularValues(of: matrix)).isClose(to: expected, absoluteTolerance: 1e-13))
    let wide = Tensor<Double>(rows: [[3, 0, 0], [4, 5, 0]])
    for matrix in [wide, wide.transposed()] {
      #expect(
        try #require(LAPACK.singularValues(of: matrix)).isClose(to: expected, absoluteTolerance: 1e-13))
    }
  }

  @Test func edgesAreDefined() throws {
    #expect(LAPACK.symmetricEigenvalues(of: Tensor<Double>(rows: [[1, .nan], [.nan, 1]])) == nil)
    #expect(LAPACK.singularValues(of: Tensor<Double>(rows: [[1, .infinity]])) == nil)
    #expect(LAPACK.singularValues(of: Tensor<Double>(zeros: [0, 4]))?.shape == [0])
    #expect(LAPACK.symmetricEigenvalues(of: Tensor<Double>(zeros: [0, 0]))?.values.shape == [0])
    #expect(LAPACK.singularValues(of: Tensor<Double>(zeros: [3, 4])) == Tensor([0, 0, 0]))
  }
}
