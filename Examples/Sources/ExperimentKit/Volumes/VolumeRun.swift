import Contrastive
import ExampleSupport
import Foundation
import Metrics
import NN
package import QuickstartKit
package import RunKit
package import Tensor

/// Slices by themselves, or patches of volumes.
enum Dimension: String, Codable, CaseIterable {
  case planar = "2-D"
  case volumetric = "3-D"
}

/// One training on slices or on volumes, with or without pre-training, scored volume by volume.
package struct VolumeRun: ExperimentRun {
  package static let kind = "volumes"

  let dimension: Dimension
  /// SuperCL's numbers, all of them; `nil` for Scratch.
  package let pretraining: JSONTree?
  package let data: DataIdentity
  package let settings: VolumeSettings
  package let fraction: Double
  package let seed: UInt64
  package let labelled: [String]
  package let scored: SlabSplit.Part

  package struct Result: Codable, Sendable {
    package let patients: [VolumeScores]
    package let parameters: Int
  }
}

/// How a prediction meets one patient's volume: means over the classes that its reference has.
package struct VolumeScores: Codable, Hashable, Sendable {
  package let patient: String
  package let dice: Double
  /// The 95th percentile of the surface distances, in millimetres; the volume's diagonal for a class that was missed.
  package let hausdorff: Double
  /// The share of both surfaces within the tolerance.
  package let surfaceDice: Double

  package init(
    _ patient: Patient, prediction: Tensor<Int32>, spacing: VoxelSpacing, classCount: Int, tolerance: Double
  ) {
    let hausdorff = HausdorffDistance(percentile: 95)
    let surface = SurfaceDice(toleranceInMillimeters: tolerance)
    let scores = SegmentationEvaluator(
      classes: (1..<classCount).map { SegmentationClass(label: Int32($0)) },
      metrics: [DiceCoefficient(), hausdorff, surface]
    ).evaluate(
      prediction: LabelMap(prediction), reference: LabelMap(Tensor(stacking: patient.labels)),
      spacing: spacing, caseName: patient.identifier)
    let present = scores.classes.filter { $0.counts.truePositives + $0.counts.falseNegatives > 0 }
    func mean(_ value: (ClassScores) -> Double) -> Double { present.map(value).mean }
    self.patient = patient.identifier
    dice = mean { $0[DiceCoefficient()]?.value ?? 0 }
    self.hausdorff = mean { $0[hausdorff]?.value ?? scores.imageDiagonalInMillimeters }
    surfaceDice = mean { $0[surface]?.value ?? 0 }
  }
}
