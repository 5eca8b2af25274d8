public import Tensor

/// The evaluation protocol behind the SuperCL paper's tables, for comparison with them and nothing else.
///
/// - Dice and Jaccard: per class from counts pooled over all slices, then the mean over the classes that occur.
/// - HD95 and ASD: per 2-D slice, **in pixels**, and **0 when the class is missing from the prediction, the
///   reference or both**; the mean over all slices, then over classes.
///
/// A slice whose organ was missed thus counts as a perfect distance, which flatters; and pixels of different
/// images are not one unit. Use ``SegmentationEvaluator`` for results of your own.
///
/// The paper does not say by which definition it computes distances. Its released code imports medpy, whose HD95 is
/// the percentile of both directions pooled and whose ASD runs from the first mask to the second; that the first
/// is the prediction is inferred. Both are parameters.
///
/// The released code parts from the means above in two ways: it averages a batch's slices first and the batches then, so
/// that slices of a short last batch weigh more; and a class that no slice holds counts as an overlap of 0. Both
/// depend on what else is in the test set and not on the segmentation of a slice, so they are a variant by name,
/// ``asReleased(classes:batchSize:)``.
///
/// Source: arXiv 2504.14737, section 4, and its released code.
public struct PaperProtocol: Sendable {
  /// How the distances of a class in all slices become one number.
  public enum DistanceAveraging: Hashable, Sendable {
    /// `sum_s d_s / S`: every one of the S slices counts alike.
    case overSlices
    /// The mean over the slices of each batch of this many, in the order in which they come, then the mean over the
    /// batches: the last batch, which may be short, counts as much as a full one.
    case overBatches(size: Int)

    /// The average; 0 of nothing.
    func mean(of distances: [Double]) -> Double {
      guard !distances.isEmpty else { return 0 }
      guard case .overBatches(let size) = self else {
        return distances.reduce(0, +) / Double(distances.count)
      }
      let batches = stride(from: 0, to: distances.count, by: size).map { start in
        DistanceAveraging.overSlices.mean(of: Array(distances[start..<min(start + size, distances.count)]))
      }
      return DistanceAveraging.overSlices.mean(of: batches)
    }
  }

  /// What a class that no slice of either side holds counts for in the mean of overlaps.
  public enum AbsentClass: Hashable, Sendable {
    /// It is left out.
    case leftOut
    /// It counts as 0, as if it had been missed.
    case zero
  }

  public var classes: [SegmentationClass]
  public var distanceAveraging: DistanceAveraging
  public var absentClass: AbsentClass
  /// Scores the slices' distances, in pixels.
  public var hausdorffDistance: HausdorffDistance
  /// Scores the slices' average distances, in pixels.
  public var averageSurfaceDistance: AverageSurfaceDistance

  /// - Parameter classes: the foreground classes; the background is none of them.
  /// - Parameter hausdorffDistance: The Hausdorff distance of the protocol.
  /// - Parameter averageSurfaceDistance: The average surface distance of the protocol.
  /// - Parameter distanceAveraging: How the slices' distances are averaged.
  /// - Parameter absentClass: What a class that never occurs counts for.
  /// - Precondition: a batch has at least one slice.
  public init(
    classes: [SegmentationClass],
    hausdorffDistance: HausdorffDistance = HausdorffDistance(percentile: 95, .pooled),
    averageSurfaceDistance: AverageSurfaceDistance = AverageSurfaceDistance(.predictionToReference),
    distanceAveraging: DistanceAveraging = .overSlices, absentClass: AbsentClass = .leftOut
  ) {
    if case .overBatches(let size) = distanceAveraging {
      shapePrecondition(size > 0, "a batch has at least one slice, not \(size)")
    }
    self.distanceAveraging = distanceAveraging
    self.absentClass = absentClass
    self.classes = classes
    self.hausdorffDistance = hausdorffDistance
    self.averageSurfaceDistance = averageSurfaceDistance
  }

  /// The averages as the released code takes them: distances over batches, 0 for the overlap of a class that never
  /// occurs.
  ///
  /// - Parameters:
  ///   - classes: the foreground classes.
  ///   - batchSize: the slices of a test batch; the figures depend on it, and the paper names none.
  /// - Precondition: `batchSize` is at least 1.
  public static func asReleased(classes: [SegmentationClass], batchSize: Int) -> PaperProtocol {
    PaperProtocol(classes: classes, distanceAveraging: .overBatches(size: batchSize), absentClass: .zero)
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
    /// Mean over all slices or batches, in pixels, missing slices as 0.
    public let hausdorffDistanceInPixels: Double
    /// Mean over all slices or batches, in pixels, missing slices as 0.
    public let averageSurfaceDistanceInPixels: Double
    /// Slices whose distances count as 0 because one side, or both, lack the class.
    public let slicesCountedAsZero: Int
  }

  /// What the protocol reports: a row per class and their means.
  public struct Result: Hashable, Sendable {
    public let classes: [ClassResult]
    /// What a class that never occurs counts for in the means of overlaps.
    public let absentClass: AbsentClass
    /// Mean over the classes that occur, undefined where none does; or over all, those that do not as 0.
    public var meanDice: Score { mean { $0.dice.value ?? absentOverlap } }
    public var meanJaccard: Score { mean { $0.jaccard.value ?? absentOverlap } }
    private var absentOverlap: Double? { absentClass == .zero ? 0 : nil }
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
        ClassResult(
          segmentationClass: segmentationClass, counts: sum.counts,
          hausdorffDistanceInPixels: distanceAveraging.mean(of: sum.hausdorff),
          averageSurfaceDistanceInPixels: distanceAveraging.mean(of: sum.average),
          slicesCountedAsZero: sum.missing)
      }, absentClass: absentClass)
  }

  private struct Sums {
    var counts = ConfusionCounts.zero
    /// Slice by slice.
    var hausdorff: [Double] = []
    var average: [Double] = []
    var missing = 0
  }

  private func add(_ prediction: LabelMap, _ reference: LabelMap, to sums: inout [Sums]) {
    let pixels = VoxelSpacing(row: 1, column: 1)
    let comparison = LabelMapComparison(prediction: prediction, reference: reference)
    for (index, segmentationClass) in classes.enumerated() {
      let counts = comparison.counts(of: segmentationClass.label)
      sums[index].counts += counts
      if counts.emptiness != nil {
        sums[index].missing += 1
        sums[index].hausdorff.append(0)
        sums[index].average.append(0)
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
      sums[index].hausdorff.append(hausdorffDistance.score(first).value ?? 0)
      sums[index].average.append(averageSurfaceDistance.score(second).value ?? 0)
    }
  }
}

extension LabelMap {
  /// The planes of a volume, or the image itself.
  fileprivate var slices: [LabelMap] {
    shape.rank == 2 ? [self] : (0..<shape[0]).map { LabelMap(labels[$0]) }
  }
}
