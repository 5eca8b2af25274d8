import ExampleSupport
import Foundation
import MedIO
import QuickstartKit
import RunKit
import Tensor

/// Patients of files: a folder of volumes and a folder of their labels under the same names, dealt to the sides by a fixed
/// draw.
struct FilePatients {
  private let settings: DataSettings
  private let longestSide: Int
  private let cases: [(image: URL, labels: URL)]
  private let classes: [TargetClass]

  /// Of ten patients six train, two validate and two test; each side has at least one.
  private static let turn: [SlabSplit.Part] = [
    .train, .validation, .test, .train, .train, .train, .validation, .test, .train, .train,
  ]

  /// - Throws: ``ExampleFailure``: folders without files, files without labels (66), fewer than three patients or no classes
  ///   (65).
  init(
    _ settings: DataSettings, longestSide: Int, folders: DataFolders, in folder: ExperimentFolder
  ) throws {
    (self.settings, self.longestSide) = (settings, longestSide)
    guard let classes = settings.classes else {
      throw ExampleFailure(.data, "data '\(settings.name)': patients = files needs classes")
    }
    self.classes = classes
    let (images, labels) = (try folders.url(settings.images), try folders.url(settings.labels))
    let names = (try? FileManager.default.contentsOfDirectory(atPath: images.path)) ?? []
    let volumes = names.filter { $0.hasSuffix(".nii") || $0.hasSuffix(".nii.gz") }.sorted()
    cases = volumes.map { (images.appending(path: $0), labels.appending(path: $0)) }
    if let lost = cases.first(where: { !FileManager.default.fileExists(atPath: $0.labels.path) }) {
      throw ExampleFailure(.noInput, "\(lost.labels.path): no such file; labels have the names of the images")
    }
    guard cases.count >= 3 else {
      throw ExampleFailure(
        .data, "\(images.path): \(cases.count) volumes; three patients are the least for three sides")
    }
  }

  func read(progress: RunProgress) throws -> ExperimentData {
    var generator = RandomKey(seed: 1).stream(for: "sides of patients").generator
    let order = generator.permutation(of: cases.count)
    var prepared: [(name: String, part: SlabSplit.Part, volume: Preprocessing.Prepared)] = []
    var notes = ["\(settings.name): \(cases.count) patients, one a file"]
    for (place, index) in order.enumerated() {
      try progress.checkInterruption()
      let (image, labels) = cases[index]
      let volume = try prepare(image, labels)
      notes += volume.warnings.map { "\($0)" }
      prepared.append((image.lastPathComponent, Self.turn[place % Self.turn.count], volume))
    }
    let sizes = prepared.map { [$0.volume.image.height, $0.volume.image.width] }
    let size = (0..<2).map { axis in ((sizes.map { $0[axis] }.max() ?? 0) + 15) / 16 * 16 }
    let patients = prepared.map { item in
      patient(item.name, item.part, item.volume, size: size)
    }
    return ExperimentData(
      identity: DataIdentity(
        name: settings.name,
        files: cases.flatMap { [$0.image, $0.labels] }.map {
          "\($0.lastPathComponent): \(RunFingerprint.content($0))"
        }, settings: try settings.withoutPaths(), cohort: nil, longestSide: longestSide),
      classNames: ["background"] + classes.map(\.name), patients: patients, size: size, notes: notes)
  }

  private func prepare(_ image: URL, _ labels: URL) throws -> Preprocessing.Prepared {
    let intensity: IntensityTransform =
      if let window = settings.window {
        .window(Float(window.lowerBound)...Float(window.upperBound))
      } else {
        .percentileWindow(0.5...99.5)
      }
    var volumes = VolumeDataset(
      [VolumeCase(identifier: image.lastPathComponent, key: 0, images: [image], labels: labels)],
      labelMapping: LabelMapping(merging: classes.map(\.labels), unlisted: .background),
      preprocessing: Preprocessing([.grid(.orientation(.ras)), .intensity(intensity)]))
    do {
      let volume = try volumes.prepared(at: 0)
      guard volume.image.rank == 3 else {
        throw ExampleFailure(.data, "\(image.path): has \(volume.image.rank) axes, a volume has three")
      }
      let sides = [volume.image.height, volume.image.width]
      let scale = Double(longestSide) / Double(max(sides[0], sides[1]))
      guard scale < 1 else { return volume }
      let size = [volume.image.depth] + sides.map { max(1, Int((Double($0) * scale).rounded())) }
      volumes.preprocessing.steps.append(.grid(.size(size), interpolation: .area))
      return try volumes.prepared(at: 0)
    } catch let error as MedIOError {
      throw ExampleFailure(error)
    }
  }

  /// All files are one stratum: each is a whole body.
  private func patient(
    _ name: String, _ part: SlabSplit.Part, _ volume: Preprocessing.Prepared, size: [Int]
  ) -> Patient {
    let planes = volume.image.depth
    let labels = volume.labels?.voxels ?? Tensor(zeros: volume.image.voxels.shape)
    return Patient(
      identifier: name, person: name, part: part, stratum: 0,
      images: (0..<planes).map {
        volume.image.voxels[$0].expanded(at: 2).centerPaddedOrCropped(to: size + [1], border: .constant(0))
      },
      labels: (0..<planes).map { labels[$0].centerPaddedOrCropped(to: size, border: .constant(0)) },
      positions: (0..<planes).map { Double($0 + 1) / Double(planes) }, spacing: volume.image.spacing)
  }
}
