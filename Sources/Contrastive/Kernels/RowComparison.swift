package import Tensor

/// The rows that a contrastive product compares, anchors with references, and the pairs that it leaves out.
package struct RowComparison<Scalar: TensorFloatingPointScalar>: Sendable {
  package enum Kind: Sendable, Equatable {
    /// Rows among themselves, each pair of blocks once; a row is never compared with itself.
    case amongThemselves(RowExclusion)
    /// Anchors with references that may differ from them.
    case withReferences(ExcludedReference)
  }

  package let anchors: ContrastiveRows<Scalar>
  package let references: ContrastiveRows<Scalar>
  package let kind: Kind

  /// Rows among themselves.
  package init(_ rows: ContrastiveRows<Scalar>, leavingOut exclusion: RowExclusion = .itself) {
    anchors = rows
    references = rows
    kind = .amongThemselves(exclusion)
  }

  /// - Precondition: anchors and references agree in groups and dimensions.
  package init(
    anchors: ContrastiveRows<Scalar>, references: ContrastiveRows<Scalar>,
    excluding exclusion: ExcludedReference = .none
  ) {
    shapePrecondition(
      anchors.groupCount == references.groupCount && anchors.dimension == references.dimension,
      "anchors [\(anchors.groupCount), \(anchors.rowCount), \(anchors.dimension)] do not fit references "
        + "[\(references.groupCount), \(references.rowCount), \(references.dimension)]")
    self.anchors = anchors
    self.references = references
    kind = .withReferences(exclusion)
  }

  var isAmongThemselves: Bool { if case .amongThemselves = kind { true } else { false } }

  /// `[groups, anchors]`, the shape of what each anchor has one of.
  var shape: TensorShape { [anchors.groupCount, anchors.rowCount] }

  /// Operations of the full matrix of similarities, two for each product of numbers.
  var pairFlops: Int { 2 * anchors.groupCount * anchors.rowCount * references.rowCount * anchors.dimension }
}

/// Which rows a row is not compared with where rows are compared among themselves.
package enum RowExclusion: Sendable, Equatable {
  case itself
  /// Itself, and the rows of its own index in the other views.
  case ownIndexOfEveryView
}

/// What tells the positives of an anchor from its other references.
package enum PositivePairs: Sendable {
  /// Equal labels.
  case labels(PositiveSets)
  /// `[anchors, references]`, for one group; not for rows among themselves, because it need not be symmetric.
  case mask(Tensor<Bool>)
}

/// The references that a sum of an anchor runs over; the excluded one is never among them.
package enum PairSelection: Sendable {
  case all
  case positives(PositivePairs)
  case others(PositivePairs)

  var isAll: Bool { if case .all = self { true } else { false } }

  func check<Scalar>(_ comparison: RowComparison<Scalar>) {
    switch self {
    case .all: break
    case .positives(.labels(let sets)), .others(.labels(let sets)): sets.check(comparison)
    case .positives(.mask(let mask)), .others(.mask(let mask)):
      let (anchors, references) = (comparison.anchors.rowCount, comparison.references.rowCount)
      shapePrecondition(
        comparison.anchors.groupCount == 1 && mask.shape == [anchors, references]
          && !comparison.isAmongThemselves,
        "positives of shape \(mask.shape) do not fit \(anchors) anchors and \(references) references")
    }
  }
}
