import Metrics
import Tensor
import Testing

/// The values of SciPy, medpy, MONAI, surface-distance and SimpleITK on the same masks.
@Suite struct ReferenceValueTests {
  @Test(arguments: ReferenceCases.shared.binary)
  func scipy(_ reference: BinaryCase) {
    let distances = reference.distances()
    let scores: [(String, Score)] = [
      ("hd", HausdorffDistance().score(distances)),
      ("hd95_max_of_directed", HausdorffDistance(percentile: 95).score(distances)),
      ("hd95_pooled", HausdorffDistance(percentile: 95, .pooled).score(distances)),
      ("asd_pred_to_gt", AverageSurfaceDistance(.predictionToReference).score(distances)),
      ("asd_gt_to_pred", AverageSurfaceDistance(.referenceToPrediction).score(distances)),
      ("assd_mean_of_means", AverageSurfaceDistance(.meanOfMeans).score(distances)),
      ("assd_pooled", AverageSurfaceDistance(.symmetric).score(distances)),
      ("nsd_count", SurfaceDice(toleranceInMillimeters: reference.tolerance).score(distances)),
      ("border_pred", .value(Double(distances.predictionToReference.millimeters.count))),
      ("border_gt", .value(Double(distances.referenceToPrediction.millimeters.count))),
    ]
    #expect(mismatches(scores, reference.expected["scipy_reference"], within: 1e-9) == [])
  }

  @Test(arguments: ReferenceCases.shared.binary)
  func medpy(_ reference: BinaryCase) {
    let counts = ConfusionCounts(prediction: reference.prediction, reference: reference.reference)
    let faces = reference.distances()
    let edges = reference.distances(.boundaryVoxels(.edges))
    let scores: [(String, Score)] = [
      ("dc", DiceCoefficient().score(counts)),
      ("jc", JaccardIndex().score(counts)),
      ("precision", Precision().score(counts)),
      ("recall", Recall().score(counts)),
      ("specificity", Specificity().score(counts)),
      ("hd", HausdorffDistance().score(faces)),
      ("hd95", HausdorffDistance(percentile: 95, .pooled).score(faces)),
      ("asd_pred_to_gt", AverageSurfaceDistance(.predictionToReference).score(faces)),
      ("asd_gt_to_pred", AverageSurfaceDistance(.referenceToPrediction).score(faces)),
      ("assd", AverageSurfaceDistance(.symmetric).score(faces)),
      ("hd_conn2", HausdorffDistance().score(edges)),
      ("assd_conn2", AverageSurfaceDistance(.symmetric).score(edges)),
    ]
    #expect(mismatches(scores, reference.expected["medpy"], within: 1e-9) == [])
  }

  @Test(arguments: ReferenceCases.shared.binary)
  func monai(_ reference: BinaryCase) {
    let counts = ConfusionCounts(prediction: reference.prediction, reference: reference.reference)
    let distances = reference.distances()
    let scores: [(String, Score)] = [
      ("dice_ignore_empty", DiceCoefficient().score(counts)),
      ("iou_ignore_empty", JaccardIndex().score(counts)),
      ("hd", HausdorffDistance().score(distances)),
      ("hd95", HausdorffDistance(percentile: 95).score(distances)),
      ("asd", AverageSurfaceDistance(.predictionToReference).score(distances)),
      ("assd", AverageSurfaceDistance(.symmetric).score(distances)),
      ("nsd", SurfaceDice(toleranceInMillimeters: reference.tolerance).score(distances)),
    ]
    #expect(mismatches(scores, reference.expected["monai"], within: 1e-5) == [])
  }

  @Test(arguments: ReferenceCases.shared.binary)
  func surfaceDistance(_ reference: BinaryCase) {
    let counts = ConfusionCounts(prediction: reference.prediction, reference: reference.reference)
    let distances = reference.distances(.surfels)
    let scores: [(String, Score)] = [
      ("dice", DiceCoefficient().score(counts)),
      ("hd100", HausdorffDistance(percentile: 100, .surfelWeighted).score(distances)),
      ("hd95", HausdorffDistance(percentile: 95, .surfelWeighted).score(distances)),
      ("asd_gt_to_pred", AverageSurfaceDistance(.referenceToPrediction).score(distances)),
      ("asd_pred_to_gt", AverageSurfaceDistance(.predictionToReference).score(distances)),
      (
        "nsd",
        SurfaceDice(toleranceInMillimeters: reference.tolerance, .surfelWeighted).score(distances)
      ),
    ]
    #expect(mismatches(scores, reference.expected["deepmind"], within: 1e-9) == [])
  }

  @Test(arguments: ReferenceCases.surfels)
  func surfelsOfRandomMasks(_ reference: BinaryCase) {
    let distances = reference.distances(.surfels)
    let tolerance = reference.tolerance
    let scores: [(String, Score)] = [
      ("hd95", HausdorffDistance(percentile: 95, .surfelWeighted).score(distances)),
      ("hd60", HausdorffDistance(percentile: 60, .surfelWeighted).score(distances)),
      ("asd_gt_to_pred", AverageSurfaceDistance(.referenceToPrediction).score(distances)),
      ("asd_pred_to_gt", AverageSurfaceDistance(.predictionToReference).score(distances)),
      ("nsd", SurfaceDice(toleranceInMillimeters: tolerance, .surfelWeighted).score(distances)),
      ("area_pred", .value(distances.predictionToReference.elementAreas?.reduce(0, +) ?? 0)),
      ("area_gt", .value(distances.referenceToPrediction.elementAreas?.reduce(0, +) ?? 0)),
    ]
    #expect(mismatches(scores, reference.expected["deepmind"], within: 1e-9) == [])
  }

  @Test(arguments: ReferenceCases.shared.binary)
  func simpleITK(_ reference: BinaryCase) {
    let counts = ConfusionCounts(prediction: reference.prediction, reference: reference.reference)
    let distances = reference.distances(.sets)
    let scores: [(String, Score)] = [
      ("dice", DiceCoefficient().score(counts)),
      ("jaccard", JaccardIndex().score(counts)),
      ("volume_similarity", SignedVolumeDifference().score(counts)),
      ("hd", HausdorffDistance(percentile: 100, .sets).score(distances)),
      ("avg_hd", AverageSurfaceDistance(.meanOfMeans, surface: .sets).score(distances)),
    ]
    #expect(mismatches(scores, reference.expected["simpleitk"], within: 1e-9) == [])
  }

  @Test(arguments: ReferenceCases.shared.binary)
  func counts(_ reference: BinaryCase) {
    let counts = ConfusionCounts(prediction: reference.prediction, reference: reference.reference)
    let scores: [(String, Score)] = [
      ("tp", .value(Double(counts.truePositives))), ("fp", .value(Double(counts.falsePositives))),
      ("fn", .value(Double(counts.falseNegatives))), ("tn", .value(Double(counts.trueNegatives))),
    ]
    #expect(mismatches(scores, reference.expected["counts"], within: 0) == [])
  }

  @Test(arguments: ReferenceCases.shared.multiclass)
  func classes(_ reference: MulticlassCase) {
    let comparison = LabelMapComparison(prediction: reference.prediction, reference: reference.reference)
    let counts = (0..<reference.classCount).map { comparison.counts(of: Int32($0)) }
    let dice = counts.map { DiceCoefficient().score($0) }
    let jaccard = counts.map { JaccardIndex().score($0) }
    for (key, scores) in [
      ("medpy_dc_per_class", dice), ("monai_dice_incbg=True_ignore_empty=True_none", dice),
    ] {
      let expected = reference.expected[key] ?? []
      #expect(expected.count == scores.count)
      for (score, expected) in zip(scores, expected) {
        #expect(
          mismatches([(key, score)], [key: expected], within: key.hasPrefix("monai") ? 1e-5 : 1e-9) == [])
      }
    }
    // medpy calls the Jaccard index of two empty masks 1, torchmetrics -1: there it is undefined here.
    let expected = reference.expected["medpy_jc_per_class"] ?? []
    for (score, expected) in zip(jaccard, expected) where score != .undefined(.bothEmpty) {
      #expect(mismatches([("jc", score)], ["jc": expected], within: 1e-9) == [])
    }
    #expect(jaccard.map { $0.value == nil } == dice.map { $0.value == nil })
  }
}
