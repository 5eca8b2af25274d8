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
    func average(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    return ClassScore(
      name: "mean", dice: average(classes.map(\.dice)) ?? 0, jaccard: average(classes.map(\.jaccard)) ?? 0,
      hd95: average(classes.compactMap(\.hd95)), assd: average(classes.compactMap(\.assd)),
      missed: classes.reduce(0) { $0 + $1.missed })
  }
}

/// Scores a network on a part of the data, at the volume's own resolution.
struct Evaluator {
  let data: SliceData

  /// The predicted classes of one slice, `[height, width]`.
  func prediction(_ network: UNet<Float>, slice: Int) throws -> Tensor<Int32> {
    data.restored(try network.predictedLabels(data.slice(slice).image.expanded(at: 0))[0])
  }

  /// Dice alone, pooled over the part and averaged over the classes.
  func meanDice(_ network: UNet<Float>, _ part: SlabSplit.Part) throws -> Double {
    let slices = data.split.slices(of: part)
    let predicted = Tensor(stacking: try slices.map { try prediction(network, slice: $0) })
    let comparison = LabelMapComparison(
      prediction: LabelMap(predicted), reference: LabelMap(data.classes.gathered(at: slices)))
    let dice = (1..<data.classNames.count).map { index in
      DiceCoefficient().score(comparison.counts(of: Int32(index))).value ?? 0
    }
    return dice.reduce(0, +) / Double(dice.count)
  }

  /// Overlaps and distances of every class.
  func scores(_ network: UNet<Float>, _ part: SlabSplit.Part) throws -> PartScores {
    let slabs = data.split.slabs(of: part)
    let predictions = try slabs.map { slab in
      Tensor(stacking: try slab.slices.map { try prediction(network, slice: $0) })
    }
    let references = slabs.map { data.classes.gathered(at: $0.slices) }
    let pooled = LabelMapComparison(
      prediction: LabelMap(Tensor(concatenating: predictions, along: 0)),
      reference: LabelMap(Tensor(concatenating: references, along: 0)))
    let names = data.classNames.enumerated().dropFirst().map {
      SegmentationClass(label: Int32($0.offset), name: $0.element)
    }
    let evaluator = SegmentationEvaluator(
      classes: names, metrics: [HausdorffDistance(percentile: 95), AverageSurfaceDistance(.symmetric)])
    let cases = zip(predictions, references).enumerated().map { index, pair in
      evaluator.evaluate(
        prediction: LabelMap(pair.0), reference: LabelMap(pair.1), spacing: data.spacing,
        caseName: "slab \(index)")
    }
    return PartScores(
      classes: names.map { item in
        let counts = pooled.counts(of: item.label)
        func mean(_ key: String) -> Double? {
          let values = cases.compactMap { $0[item.label]?[key]?.value }
          return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        let missed = cases.count { $0[item.label]?["hd95_mm"]?.undefinedReason == .predictionEmpty }
        return PartScores.ClassScore(
          name: item.name, dice: DiceCoefficient().score(counts).value ?? 0,
          jaccard: JaccardIndex().score(counts).value ?? 0, hd95: mean("hd95_mm"), assd: mean("assd_mm"),
          missed: missed)
      })
  }
}
