internal import CSuperCLOpenBLAS

/// Decompositions of matrices by the LAPACK inside OpenBLAS, in double precision and on one thread.
package enum LAPACK {
  /// Eigenvalues of a symmetric matrix `[n, n]`, the largest first, and the eigenvectors of length 1 as rows `[n, n]` in that
  /// order; `nil` where the iteration does not converge, as with elements that are not finite.
  ///
  /// Of the two directions of an eigenvector that is taken in which its largest element (the first of equal ones) is
  /// positive. O(n^3) time; LAPACK's `dsyev`.
  package static func symmetricEigenvalues(
    of matrix: Tensor<Double>
  ) -> (values: Tensor<Double>, vectors: Tensor<Double>)? {
    let size = matrix.shape[0]
    shapePrecondition(matrix.shape == [size, size], "a symmetric matrix is square, not \(matrix.shape)")
    guard size > 0 else { return (Tensor(zeros: [0]), matrix) }
    guard matrix.nonFiniteElements.count == 0 else { return nil }
    _ = BLAS.singleThreaded
    // LAPACK's columns are our rows.
    var vectors = matrix
    var values = Tensor<Double>(zeros: [size])
    var (n, leading, status, length) = (blasint(size), blasint(size), blasint(0), blasint(-1))
    var needed = 0.0
    vectors.withUnsafeMutableBufferPointer { vectors in
      values.withUnsafeMutableBufferPointer { values in
        dsyev_(
          "V", "U", &n, vectors.baseAddress, &leading, values.baseAddress, &needed, &length, &status, 1, 1)
        length = blasint(needed)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(length)) { work in
          dsyev_(
            "V", "U", &n, vectors.baseAddress, &leading, values.baseAddress, work.baseAddress, &length,
            &status, 1,
            1)
        }
      }
    }
    guard status == 0 else { return nil }
    return (values.flipped(along: 0), vectors.flipped(along: 0).withPositiveLargestElements())
  }

  /// The singular values of a matrix `[m, n]`, the largest first, `[min(m, n)]`; `nil` where the iteration does not converge,
  /// as with elements that are not finite.
  ///
  /// O(m n min(m, n)) time and a copy of the matrix; LAPACK's `dgesdd`.
  package static func singularValues(of matrix: Tensor<Double>) -> Tensor<Double>? {
    shapePrecondition(matrix.rank == 2, "singular values are those of a matrix [m, n], not \(matrix.shape)")
    let count = min(matrix.shape[0], matrix.shape[1])
    guard count > 0 else { return Tensor(zeros: [0]) }
    guard matrix.nonFiniteElements.count == 0 else { return nil }
    _ = BLAS.singleThreaded
    // Our rows are LAPACK's columns: it sees the transposed matrix, which has the same singular values.
    var copy = matrix
    var values = Tensor<Double>(zeros: [count])
    var (m, n, leading) = (blasint(matrix.shape[1]), blasint(matrix.shape[0]), blasint(matrix.shape[1]))
    var (noLeft, noRight) = (blasint(1), blasint(1))
    var (status, length, needed) = (blasint(0), blasint(-1), 0.0)
    copy.withUnsafeMutableBufferPointer { copy in
      values.withUnsafeMutableBufferPointer { values in
        withUnsafeTemporaryAllocation(of: blasint.self, capacity: 8 * count) { integers in
          dgesdd_(
            "N", &m, &n, copy.baseAddress, &leading, values.baseAddress, nil, &noLeft, nil, &noRight, &needed,
            &length,
            integers.baseAddress, &status, 1)
          length = blasint(needed)
          withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(length)) { work in
            dgesdd_(
              "N", &m, &n, copy.baseAddress, &leading, values.baseAddress, nil, &noLeft, nil, &noRight,
              work.baseAddress,
              &length, integers.baseAddress, &status, 1)
          }
        }
      }
    }
    return status == 0 ? values : nil
  }
}

extension Tensor where Scalar == Double {
  /// Rows turned round where their largest element is negative.
  fileprivate func withPositiveLargestElements() -> Tensor {
    let size = shape[1]
    var result = self
    result.withUnsafeMutableBufferPointer { values in
      for start in Swift.stride(from: 0, to: values.count, by: size) {
        var largest = start
        for place in start..<start + size where values[place].magnitude > values[largest].magnitude {
          largest = place
        }
        guard values[largest] < 0 else { continue }
        for place in start..<start + size { values[place] = -values[place] }
      }
    }
    return result
  }
}
