import Metrics
import Tensor

func metricsTour() {
  var (truth, predicted) = (Tensor<Int32>(zeros: [16, 64, 64]), Tensor<Int32>(zeros: [16, 64, 64]))
  truth[4..<12, 20..<40, 20..<40] = Tensor(ones: [8, 20, 20])
  predicted[4..<12, 22..<40, 20..<42] = Tensor(ones: [8, 18, 22])
  let evaluator = SegmentationEvaluator(classes: [SegmentationClass(label: 1, name: "liver")])
  let scores = evaluator.evaluate(
    prediction: LabelMap(predicted), reference: LabelMap(truth),
    spacing: VoxelSpacing(plane: 3, row: 1.5, column: 1.5), caseName: "patient 7")
  let liver = scores[1]
  print(liver?["dice"] ?? .undefined(.bothEmpty))
  print(liver?["hd95_mm"] ?? .undefined(.bothEmpty))  // a missed class is undefined, not 0 mm
}
