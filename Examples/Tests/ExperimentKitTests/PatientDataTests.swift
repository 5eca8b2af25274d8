import Contrastive
import ExampleSupport
import ExperimentKit
import Foundation
import QuickstartKit
import RunKit
import Tensor
import Testing

@Suite struct PatientDataTests {
  /// 12 training patients in four strata, and two each of the other sides.
  private var data: ExperimentData {
    let patients = (0..<16).map { index in
      Patient(
        identifier: "p\(index)", person: "one", part: index < 12 ? .train : index < 14 ? .validation : .test,
        stratum: index % 4,
        images: (0..<3).map { Tensor(repeating: Float(index) + Float($0) / 10, shape: [16, 16, 1]) },
        labels: (0..<3).map { _ in Tensor(repeating: Int32(index), shape: [16, 16]) },
        positions: [0.25, 0.5, 0.75])
    }
    return ExperimentData(
      identity: DataIdentity(name: "d", files: [], settings: .null, cohort: nil, longestSide: 16),
      classNames: ["background", "a"], patients: patients, size: [16, 16], notes: [])
  }

  @Test func labelledPatientsComeFromTheStrataInTurn() {
    for seed in 1...6 as ClosedRange<UInt64> {
      for (fraction, count) in [(0.01, 1), (0.25, 3), (4.0 / 12, 4), (0.5, 6), (1, 12)] {
        let chosen = data.labelledPatients(fraction: fraction, seed: seed)
        #expect(chosen.count == count)
        #expect(chosen.allSatisfy { $0.part == .train })
        #expect(Set(chosen.map(\.identifier)).count == count)
        let perStratum = Dictionary(chosen.map { ($0.stratum, 1) }, uniquingKeysWith: +).values
        #expect((perStratum.max() ?? 0) - (count < 4 ? 0 : perStratum.min() ?? 0) <= 1)
      }
    }
  }

  @Test func theSeedDrawsPatientsAndStrata() {
    let sets = (1...8).map { data.labelledPatients(fraction: 0.01, seed: UInt64($0)).map(\.stratum) }
    #expect(Set(sets).count > 1)
    let same = (0..<2).map { _ in data.labelledPatients(fraction: 0.5, seed: 3).map(\.identifier) }
    #expect(same[0] == same[1])
  }

  /// Pre-training sees the training side alone, each slice with its neighbours of the same patient.
  @Test func pretrainingSeesTheTrainingSideAlone() {
    let images = data.pretrainingImages()
    #expect(images.count == 36)
    #expect(images.allSatisfy { $0.image.max().item < 12.5 })
    #expect(images[1].neighbors.map { $0.max().item } == [0, 0.2])
    #expect(images[0].neighbors.map { $0.max().item } == [0, 0.1])
    #expect(images[3].neighbors.map { $0.max().item } == [1, 1.1])
    // The first patients of the four strata are one body, the second ones another.
    #expect(images[3].volume == 0 && images[12].volume == 1 && images[35].volume == 2)
    #expect(images[3].position == 0.25)
  }
}
