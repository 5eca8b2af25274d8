import MedIO
import Metrics
import NN
import Tensor

/// The scores of a part of the data, by class.
public struct PartScores: Codable, Sendable {
  /// One class: overlaps pooled over all slices of the part, distances as the mean over the slabs in which prediction and
  /// reference both have the class.
  public struct ClassScore: Codable, Sendable {
    public let name: String
    /// 0...1.
    public let dice: Double
    /// 0...1.
    public let jaccard: Double
    /// Millimetres; `nil` where no slab has both.
    public let hd95: Double?
    /// Millimetres; `nil` where no slab has both.
    public let assd: Double?
    /// Slabs in which the reference has the class and the prediction has not.
    public let missed: Int
  }

  public let classes: [ClassScore]

  /// The mean over the classes; distances over the classes that have one.
  public var mean: ClassScore {
    func average(_ values: [Double]) -> Double? { SampleStatistics(values).mean }
    return ClassScore(
      name: "mean", dice: average(classes.map(\.dice)) ?? 0, jaccard: average(classes.map(\.jaccard)) ?? 0,
      hd95: average(classes.compactMap(\.hd95)), assd: average(classes.compactMap(\.assd)),
      missed: classes.reduce(0) { $0 + $1.missed })
  }
}

/// Scores a network on a part of the data, at the volume's own resolution.
struct Evaluator {
  let data: SliceData

  /// The predicted classes of slices, by their plane, on the grid of the file.
  func prediction(_ network: UNet<Float>, slices: [Int]) throws -> Volume<Int32> {
    let loader = DataLoader(
      data.labeledImages(slices), batchSize: 8, sampler: SequentialSampler(count: slices.count),
      workerCount: 0,
      collate: { examples, _ in try stackedExamples(examples.map(\.image)) })
    var labels: [Tensor<Int32>] = []
    for batch in loader.batches(inEpoch: 0) { labels.append(try network.predictedLabels(batch.get())) }
    let all = Tensor(concatenating: labels, along: 0)
    return data.restored(
      Dictionary(uniqueKeysWithValues: slices.enumerated().map { ($0.element, all[$0.offset]) }))
  }

  /// The same as they lie in the volume's classes: `[slices, height, width]` in RAS orientation.
  private func predictedClasses(_ network: UNet<Float>, _ part: SlabSplit.Part) throws -> Tensor<Int32> {
    try prediction(network, slices: data.split.slices(of: part)).reoriented(to: .ras).voxels
  }

  /// Dice alone, pooled over the part and averaged over the classes.
  func meanDice(_ network: UNet<Float>, _ part: SlabSplit.Part) throws -> Double {
    let slices = data.split.slices(of: part)
    let comparison = LabelMapComparison(
      prediction: LabelMap(try predictedClasses(network, part).gathered(at: slices)),
      reference: LabelMap(data.classes.gathered(at: slices)))
    let dice = (1..<data.classNames.count).map { index in
      DiceCoefficient().score(comparison.counts(of: Int32(index))).value ?? 0
    }
    return dice.reduce(0, +) / Double(dice.count)
  }

  /// Overlaps and distances of every class.
  func scores(_ network: UNet<Float>, _ part: SlabSplit.Part) throws -> PartScores {
    let slabs = data.split.slabs(of: part)
    let predicted = try predictedClasses(network, part)
    let predictions = slabs.map { predicted.gathered(at: $0.slices) }
    let references = slabs.map { data.classes.gathered(at: $0.slices) }
    let classes = data.classNames.enumerated().dropFirst().map {
      SegmentationClass(label: Int32($0.offset), name: $0.element)
    }
    let evaluator = SegmentationEvaluator(
      classes: classes, metrics: [HausdorffDistance(percentile: 95), AverageSurfaceDistance(.symmetric)])
    let cases = zip(predictions, references).enumerated().map { index, pair in
      evaluator.evaluate(
        prediction: LabelMap(pair.0), reference: LabelMap(pair.1), spacing: data.spacing,
        caseName: "slab \(index)")
    }
    let report = ScoreReport(cases: cases, evaluator: evaluator)
    return PartScores(
      classes: classes.map { item in
        let distance = report.summary(of: "hd95_mm", class: item, undefined: .skip)
        return PartScores.ClassScore(
          name: item.name, dice: report.pooledScore(of: DiceCoefficient(), class: item).value ?? 0,
          jaccard: report.pooledScore(of: JaccardIndex(), class: item).value ?? 0, hd95: distance.mean,
          assd: report.summary(of: "assd_mm", class: item, undefined: .skip).mean, missed: distance.missed)
      })
  }
}
