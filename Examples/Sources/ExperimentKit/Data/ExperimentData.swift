package import Contrastive
import ExampleSupport
import Foundation
package import NN
package import QuickstartKit
package import RunKit
import Tensor

/// A data set in memory: patients of three sides, all slices of one size.
package struct ExperimentData: Sendable {
  package let identity: DataIdentity
  /// Background first.
  package let classNames: [String]
  package let patients: [Patient]
  /// Height and width of all slices, multiples of 16.
  package let size: [Int]
  /// What a reader of results must know of the data: who the patients are, what was noticed of the files.
  package let notes: [String]

  package init(
    identity: DataIdentity, classNames: [String], patients: [Patient], size: [Int], notes: [String]
  ) {
    (self.identity, self.classNames, self.patients) = (identity, classNames, patients)
    (self.size, self.notes) = (size, notes)
  }

  /// Reads a data set and makes its patients.
  ///
  /// - Throws: ``ExampleFailure``: files that are missing (66) or broken (65), or that give no patients; ``Interruption``.
  package static func read(
    _ settings: DataSettings, cohort: CohortSettings, longestSide: Int, folders: DataFolders,
    in folder: ExperimentFolder, progress: RunProgress
  ) throws -> ExperimentData {
    switch settings.patients {
    case .virtual:
      let source = try SourceVolume(settings, longestSide: longestSide, folders: folders, in: folder)
      return try source.cohort(cohort, progress: progress)
    case .files:
      return try FilePatients(settings, longestSide: longestSide, folders: folders, in: folder).read(
        progress: progress)
    }
  }

  package func patients(of part: SlabSplit.Part) -> [Patient] { patients.filter { $0.part == part } }

  /// Slices of the training side without labels, with their neighbours: what pre-training sees.
  package func pretrainingImages() -> [PretrainingImage] {
    patients(of: .train).enumerated().flatMap { volume, patient in
      patient.images.indices.map { index in
        var image = PretrainingImage(
          patient.images[index], position: patient.positions[index], volume: volume)
        let last = patient.images.count - 1
        if last > 0 {
          image.neighbors = [max(index - 1, 0), min(index + 1, last)].map { patient.images[$0] }
        }
        return image
      }
    }
  }

  /// Slices with labels of some patients.
  package func labeledImages(_ patients: [Patient]) -> [LabeledImage] {
    patients.flatMap { patient in
      zip(patient.images, patient.labels).map { LabeledImage(image: $0, labels: $1) }
    }
  }

  /// The training patients that carry labels: `fraction` of them, rounded up, one from each stratum in turn. The seed draws
  /// the order of the strata and of the patients in them.
  package func labelledPatients(fraction: Double, seed: UInt64) -> [Patient] {
    let all = patients(of: .train)
    var generator = RandomKey(seed: seed).stream(for: "labelled patients").generator
    let strata = Set(all.map(\.stratum)).sorted()
    var remaining = generator.permutation(of: strata.count).map { place in
      let members = all.filter { $0.stratum == strata[place] }
      return generator.permutation(of: members.count).map { members[$0] }
    }
    let wanted = min(all.count, Int((fraction * Double(all.count) * (1 - 1e-12)).rounded(.up)))
    var chosen: [Patient] = []
    while chosen.count < wanted {
      for index in remaining.indices where chosen.count < wanted {
        if let patient = remaining[index].popLast() { chosen.append(patient) }
      }
    }
    return chosen
  }
}
