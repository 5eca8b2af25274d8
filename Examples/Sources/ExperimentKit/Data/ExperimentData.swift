package import Contrastive
package import ExampleSupport
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
  /// What pre-training sees besides.
  package let unlabelled: [UnlabelledImages]
  /// What a reader of results must know of the data: who the patients are, what was noticed of the files.
  package let notes: [String]

  package init(
    identity: DataIdentity, classNames: [String], patients: [Patient], size: [Int],
    unlabelled: [UnlabelledImages] = [], notes: [String]
  ) {
    (self.identity, self.classNames, self.patients) = (identity, classNames, patients)
    (self.size, self.unlabelled, self.notes) = (size, unlabelled, notes)
  }

  /// Reads a data set and makes its patients.
  ///
  /// - Throws: ``ExampleFailure``: files that are missing (66) or broken (65), or that give no patients; ``Interruption``.
  package static func read(
    _ settings: DataSettings, cohort: CohortSettings, longestSide: Int, folders: DataFolders,
    in folder: ExperimentFolder, progress: RunProgress
  ) throws -> ExperimentData {
    let data: ExperimentData
    switch settings.patients {
    case .virtual:
      let source = try SourceVolume(settings, longestSide: longestSide, folders: folders, in: folder)
      data = try source.cohort(cohort, progress: progress)
    case .files:
      data = try FilePatients(settings, longestSide: longestSide, folders: folders, in: folder).read(
        progress: progress)
    }
    let unlabelled = try settings.unlabelled.map {
      (
        name: $0.name,
        images: try UnlabelledImages(
          $0, longestSide: longestSide, folders: folders, progress: progress)
      )
    }
    return ExperimentData(
      identity: data.identity, classNames: data.classNames, patients: data.patients, size: data.size,
      unlabelled: unlabelled.map(\.images),
      notes: data.notes
        + unlabelled.map {
          "\(settings.name): pre-training sees \($0.images.images.count) slices of \($0.name), too"
        })
  }

  package func patients(of part: SlabSplit.Part) -> [Patient] { patients.filter { $0.part == part } }

  /// Slices of the training side without labels, with their neighbours, then the unlabelled ones: what pre-training sees.
  package func pretrainingImages() -> [PretrainingImage] {
    var images = trainingImages()
    var volumes = 1 + (images.compactMap(\.volume).max() ?? -1)
    for set in unlabelled {
      for var image in set.images {
        image.volume = image.volume.map { $0 + volumes }
        images.append(image)
      }
      volumes += 1 + (set.images.compactMap(\.volume).max() ?? -1)
    }
    return images
  }

  /// So many of them, drawn by the seed; fewer ones of a seed are among its more.
  ///
  /// - Throws: ``ExampleFailure`` (65): there are not as many.
  package func pretrainingImages(count: Int?, seed: UInt64) throws(ExampleFailure) -> [PretrainingImage] {
    let all = pretrainingImages()
    guard let count else { return all }
    guard count <= all.count else {
      throw ExampleFailure(
        .data,
        "data '\(identity.name)': \(count) images to pre-train on are asked for, there are \(all.count)")
    }
    var generator = RandomKey(seed: seed).stream(for: "images of a pre-training").generator
    return generator.permutation(of: all.count).prefix(count).sorted().map { all[$0] }
  }

  /// The images of the training side with their labels as pseudo masks: no pre-training without labels any more, but a bound
  /// of what pseudo masks can give.
  func addingTrueMasks(to images: [PretrainingImage]) -> [PretrainingImage] {
    images.map { image in
      guard
        let found = trainingBodies.first(where: {
          $0.body == image.volume && $0.patient.positions.contains(image.position ?? 0)
        }),
        let place = found.patient.positions.firstIndex(of: image.position ?? 0)
      else { return image }
      var image = image
      image.pseudoMask = found.patient.labels[place]
      return image
    }
  }

  /// The training patients, each with the number of the body that it is a part of: virtual patients are slabs, and the first of
  /// every slab are one body, the second another, so that methods that ask for slices of every part of a volume find them.
  /// Patients of files are a body each.
  private var trainingBodies: [(body: Int, patient: Patient)] {
    var counts: [Int: Int] = [:]
    return patients(of: .train).map { patient in
      let body = counts[patient.stratum, default: 0]
      counts[patient.stratum] = body + 1
      return (body, patient)
    }
  }

  private func trainingImages() -> [PretrainingImage] {
    trainingBodies.flatMap { volume, patient in
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
