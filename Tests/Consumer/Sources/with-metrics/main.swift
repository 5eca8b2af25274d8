// Our scores and apple/swift-metrics' counters in one program.
import Metrics
import SegmentationMetrics
import Tensor

let counter = Metrics.Counter(label: "cases")
counter.increment()
let prediction = LabelMap(Tensor<Int32>([0, 1, 1, 0], shape: [2, 2]))
let reference = LabelMap(Tensor<Int32>([0, 1, 0, 0], shape: [2, 2]))
let counts = LabelMapComparison(prediction: prediction, reference: reference).counts(of: 1)
let dice = DiceCoefficient().score(counts)
precondition(dice.value == 2.0 / 3.0, "Dice \(dice)")
print("Dice \(dice), counted by \(counter.label)")
