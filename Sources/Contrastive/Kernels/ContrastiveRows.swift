package import Tensor

/// How embeddings become the unit rows that a contrastive product compares.
package enum RowNormalization<Scalar: TensorFloatingPointScalar>: Sendable, Equatable {
  /// The rows have length 1 already.
  case unitRows
  /// Each row is divided by its length, or by `minimumLength`, a positive number, where that is larger.
  case euclidean(minimumLength: Scalar = 1e-8)
}

/// The embeddings of one or more independent groups (such as the pixels of each image), in one or more
/// views.
///
/// Row i of a group is a row of the first view while i is below its row count, then of the second, and so
/// on: views need no concatenation. Rows are normalised as they are read, so no normalised copy exists.
package struct ContrastiveRows<Scalar: TensorFloatingPointScalar>: Sendable {
  /// Tensors `[groups, rows, dimensions]`.
  package let views: [Tensor<Scalar>]
  package let normalization: RowNormalization<Scalar>
  /// What each row is multiplied by, `[groups, rows of all views]`.
  package let scales: Tensor<Scalar>
  package let groupCount: Int
  /// Rows in a group, over all views.
  package let rowCount: Int
  package let dimension: Int
  /// Rows of each view in a group.
  let rowCounts: [Int]

  /// - Precondition: at least one view; all views are `[groups, rows, dimensions]` and agree in the first
  ///   and the last length.
  package init(views: [Tensor<Scalar>], normalization: RowNormalization<Scalar> = .euclidean()) {
    shapePrecondition(!views.isEmpty, "contrastive rows need at least one view")
    for view in views {
      shapePrecondition(
        view.rank == 3 && view.shape[0] == views[0].shape[0] && view.shape[2] == views[0].shape[2],
        "views are [groups, rows, dimensions] and agree in the first and the last: "
          + "\(view.shape) does not fit \(views[0].shape)")
    }
    self.views = views
    self.normalization = normalization
    groupCount = views[0].shape[0]
    dimension = views[0].shape[2]
    rowCounts = views.map { $0.shape[1] }
    rowCount = rowCounts.reduce(0, +)
    scales = Self.scales(of: views, normalization: normalization)
  }

  /// One group of rows `[rows, dimensions]`.
  package init(_ rows: Tensor<Scalar>, normalization: RowNormalization<Scalar> = .euclidean()) {
    self.init(views: [rows.expanded(at: 0)], normalization: normalization)
  }

  /// The address of row `row` of group `group`, before normalisation.
  package func row(_ row: Int, group: Int) -> UnsafePointer<Scalar> {
    var row = row
    for (view, count) in zip(views, rowCounts) {
      if row < count { return view.pointer + (group * count + row) * dimension }
      row -= count
    }
    shapePreconditionFailure("row \(row) is outside a group of \(rowCount) rows")
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func scales(
    of views: [Tensor<Scalar>], normalization: RowNormalization<Scalar>
  ) -> Tensor<Scalar> {
    let groups = views[0].shape[0]
    let rowCount = views.reduce(0) { $0 + $1.shape[1] }
    guard case .euclidean(let minimum) = normalization else {
      return Tensor(ones: [groups, rowCount])
    }
    shapePrecondition(
      minimum >= Scalar.leastNormalMagnitude, "a length to divide by is a positive number, not \(minimum)")
    return Tensor(shape: [groups, rowCount]) { result in
      guard let result = result.baseAddress else { return }
      var first = 0
      for view in views {
        let rows = view.shape[1]
        let start = first
        Parallel.for(groups * rows, grain: max(1, (1 << 15) / max(1, view.shape[2]))) { range in
          for index in range {
            let row = view.pointer + index * view.shape[2]
            result[index / rows * rowCount + start + index % rows] =
              RowKernels.inverseLength(row, count: view.shape[2], minimum: minimum)
          }
        }
        first += rows
      }
    }
  }
}

/// The gradient for ``ContrastiveRows``, collected with respect to the unit rows and then taken through the
/// normalisation in place.
package struct ContrastiveGradient<Scalar: TensorFloatingPointScalar>: Sendable {
  /// Shaped like the views.
  package private(set) var views: [Tensor<Scalar>]

  /// Zeros for the rows.
  package init(for rows: ContrastiveRows<Scalar>) {
    views = rows.views.map { Tensor(zeros: $0.shape) }
  }

  /// Gradients with respect to the unit rows, shaped like the views.
  package init(unitGradients views: [Tensor<Scalar>]) { self.views = views }

  /// Calls `body` with the first address of each view's gradient, `[groups, rows, dimensions]`.
  mutating func withMutableViews(_ body: ([UnsafeMutablePointer<Scalar>?]) -> Void) {
    var pointers: [UnsafeMutablePointer<Scalar>?] = []
    for index in views.indices {
      // The views stay uniquely referenced until `body` returns, so the addresses stay valid.
      pointers.append(views[index].withUnsafeMutableBufferPointer { $0.baseAddress })
    }
    withExtendedLifetime(views) { body(pointers) }
  }

  /// Turns the gradients with respect to unit rows into those of the views, in place:
  /// `dx = (dz - z (z . dz)) / |x|` for normalised rows. A row shorter than the minimum length was divided by
  /// a constant, and so is its gradient; the gradient of a row of zeros is 0.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func applyNormalization(of rows: ContrastiveRows<Scalar>) {
    guard case .euclidean(let minimum) = rows.normalization else { return }
    withMutableViews { pointers in
      let dimension = rows.dimension
      let count = rows.groupCount * rows.rowCount
      Parallel.for(count, grain: max(1, (1 << 14) / max(1, dimension))) { range in
        for index in range {
          let group = index / rows.rowCount
          let row = index % rows.rowCount
          guard let target = Self.row(row, group: group, of: rows, in: pointers) else { continue }
          RowKernels.differentiateUnitRow(
            target, source: rows.row(row, group: group), scale: rows.scales.pointer[index], minimum: minimum,
            count: dimension)
        }
      }
    }
  }

  /// The gradients of the views, after ``applyNormalization(of:)``.
  package consuming func throughNormalization(of rows: ContrastiveRows<Scalar>) -> [Tensor<Scalar>] {
    applyNormalization(of: rows)
    return views
  }

  static func row(
    _ row: Int, group: Int, of rows: ContrastiveRows<Scalar>, in pointers: [UnsafeMutablePointer<Scalar>?]
  ) -> UnsafeMutablePointer<Scalar>? {
    var row = row
    for (count, pointer) in zip(rows.rowCounts, pointers) {
      if row < count { return pointer.map { $0 + (group * count + row) * rows.dimension } }
      row -= count
    }
    return nil
  }
}
