public import Tensor

/// The evaluation protocol behind the SuperCL paper's tables, for comparison with them and nothing else.
///
/// - Dice and Jaccard: per class from counts pooled over all slices, then the mean over classes.
/// - HD95 and ASD: per 2-D slice, **in pixels**, and **0 when the class is missing from the prediction, the
///   reference or both**; the mean over all slices, then over classes.
///
/// A slice whose organ was missed thus counts as a perfect distance, which flatters; and pixels of different
/// images are not one unit. Use ``SegmentationEvaluator`` for results of your own.
///
/// The paper does not say by which definition or with which package it computes distances. That HD95 is the
/// pooled percentile and ASD runs from prediction to reference, as medpy computes them, is this library's
/// assumption; both are parameters.
///
/// Source: arXiv 2504.14737, section 4, and its published code, but for the assumption above.
public struct PaperProtocol: Sendable {
  public var classes: [SegmentationClass]
  /// Scores the slices' distances, in pixels.
  public var hausdorffDistance: HausdorffDistance
  /// Scores the slices' average distances, in pixels.
  public var averageSurfaceDistance: AverageSurfaceDistance

  /// - Parameter classes: the foreground classes; the background is none of them.
  /// - Parameter hausdorffDistance: The Hausdorff distance of the protocol.
  /// - Parameter averageSurfaceDistance: The average surface distance of the protocol.
  public init(
    classes: [SegmentationClass],
    hausdorffDistance: HausdorffDistance = HausdorffDistance(percentile: 95, .pooled),
    averageSurfaceDistance: AverageSurfaceDistance = AverageSurfaceDistance(.predictionToReference)
  ) {
    self.classes = classes
    self.hausdorffDistance = hausdorffDistance
    self.averageSurfaceDistance = averageSurfaceDistance
  }

  /// What the protocol reports of one class.
  public struct ClassResult: Hashable, Sendable {
    public let segmentationClass: SegmentationClass
    /// Counts over all slices.
    public let counts: ConfusionCounts
    /// Dice of the pooled counts; undefined where no slice holds the class.
    public var dice: Score { DiceCoefficient().score(counts) }
    /// Jaccard index of the pooled counts; undefined where no slice holds the class.
    public var jaccard: Score { JaccardIndex().score(counts) }
    /// Mean over all slices, in pixels, missing slices as 0.
    public let hausdorffDistanceInPixels: Double
    /// Mean over all slices, in pixels, missing slices as 0.
    public let averageSurfaceDistanceInPixels: Double
    /// Slices whose distances count as 0 because one side, or both, lack the class.
    public let slicesCountedAsZero: Int
  }

  /// What the protocol reports: a row per class and their means.
  public struct Result: Hashable, Sendable {
    public let classes: [ClassResult]
    /// Mean over the classes that occur; undefined where none does.
    public var meanDice: Score { mean { $0.dice.value } }
    public var meanJaccard: Score { mean { $0.jaccard.value } }
    /// Mean over all classes, in pixels.
    public var meanHausdorffDistanceInPixels: Score { mean { $0.hausdorffDistanceInPixels } }
    public var meanAverageSurfaceDistanceInPixels: Score { mean { $0.averageSurfaceDistanceInPixels } }

    private func mean(_ value: (ClassResult) -> Double?) -> Score {
      let values = classes.compactMap(value)
      return .ratio(values.reduce(0, +), Double(values.count), orUndefined: .bothEmpty)
    }
  }

  /// Scores the slices of images `[height, width]` or volumes `[depth, height, width]`, all pooled.
  ///
  /// - Precondition: as many predictions as references, of equal shapes.
  public func evaluate(predictions: [LabelMap], references: [LabelMap]) -> Result {
    shapePrecondition(
      predictions.count == references.count,
      "\(predictions.count) predictions and \(references.count) references")
    var sums = [Sums](repeating: Sums(), count: classes.count)
    for (prediction, reference) in zip(predictions, references) {
      shapePrecondition(
        prediction.shape == reference.shape,
        "prediction \(prediction.shape) and reference \(reference.shape) differ in shape")
      for (predicted, actual) in zip(prediction.slices, reference.slices) {
        add(predicted, actual, to: &sums)
      }
    }
    return Result(
      classes: zip(classes, sums).map { segmentationClass, sum in
        let slices = Double(max(sum.slices, 1))
        return ClassResult(
          segmentationClass: segmentationClass, counts: sum.counts,
          hausdorffDistanceInPixels: sum.hausdorff / slices,
          averageSurfaceDistanceInPixels: sum.average / slices, slicesCountedAsZero: sum.missing)
      })
  }

  private struct Sums {
    var counts = ConfusionCounts.zero
    var hausdorff = 0.0
    var average = 0.0
    var slices = 0
    var missing = 0
  }

  private func add(_ prediction: LabelMap, _ reference: LabelMap, to sums: inout [Sums]) {
    let pixels = VoxelSpacing(row: 1, column: 1)
    let comparison = LabelMapComparison(prediction: prediction, reference: reference)
    for (index, segmentationClass) in classes.enumerated() {
      let counts = comparison.counts(of: segmentationClass.label)
      sums[index].counts += counts
      sums[index].slices += 1
      if counts.emptiness != nil {
        sums[index].missing += 1
        continue
      }
      func distances(_ surface: SurfaceDefinition) -> SurfaceDistances {
        comparison.surfaceDistances(
          of: segmentationClass.label, prediction: prediction, reference: reference, spacing: pixels,
          between: surface)
      }
      let first = distances(hausdorffDistance.surface)
      let second =
        averageSurfaceDistance.surface == hausdorffDistance.surface
        ? first : distances(averageSurfaceDistance.surface)
      sums[index].hausdorff += hausdorffDistance.score(first).value ?? 0
      sums[index].average += averageSurfaceDistance.score(second).value ?? 0
    }
  }
}

extension LabelMap {
  /// The planes of a volume, or the image itself.
  fileprivate var slices: [LabelMap] {
    shape.rank == 2 ? [self] : (0..<shape[0]).map { LabelMap(labels[$0]) }
  }
}
