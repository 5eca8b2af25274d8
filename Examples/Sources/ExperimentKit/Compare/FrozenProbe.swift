import Contrastive
import Foundation
import NN
package import QuickstartKit
import Tensor

/// A linear classifier of pixels on an encoder that does not move: what its features hold before any fine-tuning.
package struct ProbeRun: ExperimentRun {
  package static let kind = "probe"

  package let pretraining: PretrainingRun
  /// What is segmented, where it is not what pre-training saw.
  package let data: DataIdentity?
  package let fraction: Double
  package let seed: UInt64
  package let labelled: [String]
  package let probe: ProbeSettings
  package let scored: SlabSplit.Part

  package struct Result: Codable, Sendable {
    /// The scored side, patient by patient; scores are enlarged to the size of the slices first.
    package let patients: [PatientCounts]
    /// The rate that the validation side chose.
    package let rate: Double
  }
}

struct FrozenProbe {
  let data: ExperimentData

  /// - Throws: `FeatureError`: a training that diverges at every rate.
  func result(of run: ProbeRun, encoder: any FeatureEncoder<Float>) throws -> ProbeRun.Result {
    let names = Set(run.labelled)
    var generator = RandomKey(seed: run.seed).stream(for: "probe").generator
    func examples(_ patients: [Patient]) throws -> LinearProbe.Examples<Float> {
      let pixels = try PixelFeatures(
        maps: try maps(of: patients, encoder, run.probe.level),
        labels: Tensor(stacking: patients.flatMap(\.labels)), pixelsPerClass: run.probe.pixelsPerClass,
        using: &generator)
      return LinearProbe.Examples(pixels.features, labels: pixels.labels)
    }
    let training = try examples(data.patients.filter { names.contains($0.identifier) })
    let validation = try examples(data.patients(of: .validation))
    let probe = LinearProbe(
      rate: .fixed(run.probe.rates[0]), epochs: run.probe.epochs, standardization: .features, seed: run.seed)
    let search = try probe.searchingRate(
      run.probe.rates, training: training, validation: validation, classCount: data.classNames.count)
    let patients = try data.patients(of: run.scored).map { patient in
      PatientCounts(
        patient: patient.identifier,
        prediction: try search.classifier.predictedLabels(
          try maps(of: [patient], encoder, run.probe.level), size: data.size),
        reference: Tensor(stacking: patient.labels), classCount: data.classNames.count)
    }
    guard case .fixed(let rate) = search.rate else {
      preconditionFailure("a search keeps the kind of its rate")
    }
    return ProbeRun.Result(patients: patients, rate: rate)
  }

  private func maps(
    of patients: [Patient], _ encoder: any FeatureEncoder<Float>, _ level: Int
  ) throws -> Tensor<Float> {
    try encoder.featureMaps(of: patients.flatMap(\.images).map { PretrainingImage($0) }, level: level)
  }
}
