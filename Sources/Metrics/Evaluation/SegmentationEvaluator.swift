public import Tensor

/// Scores predicted against reference segmentations, class by class.
///
///     let evaluator = SegmentationEvaluator(classes: [
///       SegmentationClass(label: 1, name: "liver"), SegmentationClass(label: 2, name: "spleen"),
///     ])
///     let scores = evaluator.evaluate(
///       prediction: predicted, reference: truth, spacing: spacing, caseName: "patient 7")
///     scores[1]?["dice"]                               // Score, .value or .undefined
///
///     let report = ScoreReport(cases: [scores], evaluator: evaluator)
///     print(report.caseTable().text())
///
/// One pass over both maps counts all classes and boxes them; surface distances are measured in each class's
/// box, once per kind of surface, however many metrics share them. Memory: that of one class at a time.
public struct SegmentationEvaluator: Sendable {
  /// The classes to score, or `nil` for all labels of either map but the background.
  public var classes: [SegmentationClass]?
  /// The label that is no class; scored only where `classes` lists it.
  public var background: Int32
  /// What to score each class with, in the order of the tables' columns.
  public var metrics: [any SegmentationMetric]

  /// Dice, Jaccard, HD95 and ASSD in millimetres.
  public static var standardMetrics: [any SegmentationMetric] {
    [
      DiceCoefficient(), JaccardIndex(), HausdorffDistance(percentile: 95),
      AverageSurfaceDistance(.symmetric),
    ]
  }

  /// - Precondition: no two metrics have the same key, no two classes the same label.
  public init(
    classes: [SegmentationClass]? = nil, background: Int32 = 0,
    metrics: [any SegmentationMetric] = SegmentationEvaluator.standardMetrics
  ) {
    shapePrecondition(
      Set(metrics.map(\.key)).count == metrics.count, "metrics share a key: \(metrics.map(\.key))")
    shapePrecondition(
      Set((classes ?? []).map(\.label)).count == (classes ?? []).count,
      "classes share a label: \((classes ?? []).map(\.label))")
    self.classes = classes
    self.background = background
    self.metrics = metrics
  }

  /// The scores of all classes of one case.
  ///
  /// - Precondition: the maps have equal shapes, and the spacing as many axes. For maps from files use
  ///   ``SegmentationPair``, which throws.
  public func evaluate(
    prediction: LabelMap, reference: LabelMap, spacing: VoxelSpacing, caseName: String
  ) -> CaseScores {
    let comparison = LabelMapComparison(prediction: prediction, reference: reference)
    shapePrecondition(
      spacing.rank == prediction.shape.rank,
      "maps \(prediction.shape) need \(prediction.shape.rank) spacings, not \(spacing)")
    let classes =
      self.classes ?? comparison.labels.filter { $0 != background }.map { SegmentationClass(label: $0) }
    let scores = classes.map { segmentationClass in
      ClassScores(
        segmentationClass: segmentationClass, counts: comparison.counts(of: segmentationClass.label),
        scores: score(segmentationClass.label, comparison, prediction, reference, spacing))
    }
    return CaseScores(
      name: caseName, classes: scores,
      imageDiagonalInMillimeters: CaseScores.imageDiagonalInMillimeters(
        of: prediction.shape, spacing: spacing))
  }

  /// The scores of two masks, as one class named `className`.
  ///
  /// - Precondition: the masks have equal shapes, and the spacing as many axes.
  public func evaluate(
    prediction: BinaryMask, reference: BinaryMask, spacing: VoxelSpacing, caseName: String,
    className: String = "foreground"
  ) -> CaseScores {
    let counts = ConfusionCounts(prediction: prediction, reference: reference)
    let scores = score(counts) { surface in
      SurfaceDistances(prediction: prediction, reference: reference, spacing: spacing, between: surface)
    }
    return CaseScores(
      name: caseName,
      classes: [
        ClassScores(
          segmentationClass: SegmentationClass(label: 1, name: className), counts: counts, scores: scores)
      ],
      imageDiagonalInMillimeters: CaseScores.imageDiagonalInMillimeters(
        of: prediction.shape, spacing: spacing))
  }

  private func score(
    _ label: Int32, _ comparison: LabelMapComparison, _ prediction: LabelMap, _ reference: LabelMap,
    _ spacing: VoxelSpacing
  ) -> [String: Score] {
    score(comparison.counts(of: label)) { surface in
      comparison.surfaceDistances(
        of: label, prediction: prediction, reference: reference, spacing: spacing, between: surface)
    }
  }

  /// Scores every metric, measuring each kind of surface once.
  private func score(
    _ counts: ConfusionCounts, distances: (SurfaceDefinition) -> SurfaceDistances
  ) -> [String: Score] {
    var measured: [SurfaceDefinition: SurfaceDistances] = [:]
    var scores: [String: Score] = [:]
    for metric in metrics {
      if let metric = metric as? any OverlapMetric {
        scores[metric.key] = metric.score(counts)
      } else if let metric = metric as? any SurfaceMetric {
        let surface = measured[metric.surface] ?? distances(metric.surface)
        measured[metric.surface] = surface
        scores[metric.key] = metric.score(surface)
      } else {
        shapePreconditionFailure("\(metric.key) is neither an OverlapMetric nor a SurfaceMetric")
      }
    }
    return scores
  }
}

extension LabelMapComparison {
  /// The surface distances of one label, in its own box.
  ///
  /// - Precondition: the maps are the ones that were compared.
  public func surfaceDistances(
    of label: Int32, prediction: LabelMap, reference: LabelMap, spacing: VoxelSpacing,
    between surface: SurfaceDefinition = .boundaryVoxels(.faces)
  ) -> SurfaceDistances {
    shapePrecondition(
      prediction.shape == reference.shape && prediction.shape.elementCount == elementCount,
      "prediction \(prediction.shape) and reference \(reference.shape) are not the maps compared")
    let region = regions[label] ?? Region()
    return prediction.labels.withUnsafeBufferPointer { predicted in
      reference.labels.withUnsafeBufferPointer { actual in
        SurfaceDistances(
          MaskSource(predicted, label: label, shape: prediction.shape), in: region.predictedBox,
          MaskSource(actual, label: label, shape: prediction.shape), in: region.actualBox, spacing: spacing,
          surface)
      }
    }
  }
}
