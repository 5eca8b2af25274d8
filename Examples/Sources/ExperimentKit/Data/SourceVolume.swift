import ExampleSupport
import Foundation
import MedIO
package import QuickstartKit
package import RunKit
package import Tensor

/// A real volume of one person with its labels, cut to sides by slabs.
package struct SourceVolume: Sendable {
  package let settings: DataSettings
  /// 0...1, `[planes, height, width]`, in RAS orientation.
  package let image: Tensor<Float>
  /// `[planes, height, width]`.
  package let classes: Tensor<Int32>
  /// Background first.
  package let classNames: [String]
  package let split: SlabSplit
  /// Of the voxels above.
  package let spacing: VoxelSpacing
  package let notes: [String]
  /// Intensities that became 0 and 1.
  package let window: ClosedRange<Double>
  private let files: [String]
  private let longestSide: Int

  /// Reads the volume; slices longer than `longestSide` are averaged down to it.
  ///
  /// - Throws: ``ExampleFailure``: files that are missing (66) or broken (65), classes without enough voxels on each side.
  package init(
    _ settings: DataSettings, longestSide: Int, folders: DataFolders, in folder: ExperimentFolder
  ) throws {
    let (imageURL, labelsURL) = (try folders.url(settings.images), try folders.url(settings.labels))
    var request = RunRequest(image: imageURL, labels: labelsURL, output: folder.url)
    let (kept, dropped) = try Self.classes(settings, labelsURL)
    request.classes = kept
    request.window = settings.window
    var preparation = Settings()
    preparation.longestSide = longestSide
    preparation.slabLength = settings.slabLength
    preparation.droppedSlices = settings.droppedSlices
    preparation.minimumVoxels = settings.minimumVoxels
    let data = try SliceData(request, settings: preparation, cachedIn: folder.stateFile("slices"))
    let samples = try (0..<data.slices.count).map { try data.slices.element(at: $0) }
    image = Tensor(stacking: samples.map { $0.image.squeezed(at: 2) })
    classes = Tensor(stacking: samples.map { $0.labels ?? Tensor(zeros: $0.image.shape.removing(axis: 2)) })
    let native = data.intensities.shape
    spacing = VoxelSpacing(
      plane: data.spacing[0], row: data.spacing[1] * Double(native[1]) / Double(image.shape[1]),
      column: data.spacing[2] * Double(native[2]) / Double(image.shape[2]))
    (self.settings, split, classNames, window) = (settings, data.split, data.classNames, data.window)
    self.longestSide = longestSide
    notes =
      dropped.map {
        "\(settings.name): '\($0)' does not reach through three sides with \(settings.minimumVoxels) voxels each and is left "
          + "out: it counts as background"
      } + data.notes
    files = [imageURL, labelsURL].map { "\($0.lastPathComponent): \(RunFingerprint.content($0))" }
  }

  /// The classes that have enough voxels on each side in the best split, and the names of the others. By the labels alone.
  private static func classes(
    _ settings: DataSettings, _ labels: URL
  ) throws -> (kept: [TargetClass]?, dropped: [String]) {
    guard let wanted = settings.classes else { return (nil, []) }
    let volume: Volume<Int32>
    do { volume = try NIfTI.readLabels(from: labels).reoriented(to: .ras) } catch {
      throw ExampleFailure(error)
    }
    let owners = Dictionary(
      uniqueKeysWithValues: wanted.enumerated().flatMap { index, item in item.labels.map { ($0, index) } })
    var counts = [[Int]](repeating: [Int](repeating: 0, count: volume.depth), count: wanted.count)
    for plane in 0..<volume.depth {
      volume.voxels[plane].withUnsafeBufferPointer { labels in
        for label in labels { if let owner = owners[label] { counts[owner][plane] += 1 } }
      }
    }
    let best = SlabSplit.dealing(
      voxels: counts, sliceCount: volume.depth, slabLength: settings.slabLength,
      dropped: settings.droppedSlices, minimumVoxels: settings.minimumVoxels)
    let kept = Set(best?.classes ?? [])
    guard !kept.isEmpty else { return (wanted, []) }
    return (
      wanted.indices.filter(kept.contains).map { wanted[$0] },
      wanted.indices.filter { !kept.contains($0) }.map { wanted[$0].name }
    )
  }

  /// What the volume is, as a part of a run; with `cohort` for virtual patients made of it.
  package func identity(cohort: CohortSettings?) throws -> DataIdentity {
    DataIdentity(
      name: settings.name, files: files, settings: try settings.withoutPaths(), cohort: cohort,
      longestSide: longestSide)
  }

  /// Makes virtual patients of it.
  package func cohort(_ cohort: CohortSettings, progress: RunProgress) throws -> ExperimentData {
    let renderer = PatientRenderer(
      image: image, classes: classes, classCount: classNames.count, spacing: spacing, settings: cohort)
    let size = [image.shape[1], image.shape[2]].map { ($0 + 15) / 16 * 16 }
    var patients: [Patient] = []
    for patient in VirtualPatient.all(of: settings.name, split: split, settings: cohort) {
      try progress.checkInterruption()
      let rendered = renderer.rendered(patient)
      patients.append(Patient(rendered, size: size, planeCount: image.shape[0], spacing: spacing))
    }
    let counts = SlabSplit.Part.allCases.map { part in
      "\(patients.count { $0.part == part }) of \(split.slabs(of: part).count) \(part.rawValue) slabs"
    }
    return ExperimentData(
      identity: try identity(cohort: cohort), classNames: classNames, patients: patients, size: size,
      notes: [
        "\(settings.name): virtual patients of one person, " + counts.joined(separator: ", ")
          + "; sides were cut in the source before any change of shape, with \(settings.droppedSlices) slices dropped "
          + "at every border"
      ] + notes)
  }
}

extension DataSettings {
  /// All fields that change what a data set holds: neither where files lie nor the unlabelled images beside it.
  func withoutPaths() throws -> JSONTree {
    var copy = self
    (copy.images, copy.labels, copy.unlabelled) = ("", "", [])
    return try JSONTree(of: copy)
  }
}

extension Patient {
  /// Slices of a virtual patient, with zeros around them to the full size.
  init(_ rendered: RenderedPatient, size: [Int], planeCount: Int, spacing: VoxelSpacing) {
    let patient = rendered.patient
    let planes = rendered.image.shape[0]
    self.init(
      identifier: patient.identifier, person: patient.person, part: patient.slab.part,
      stratum: patient.slabIndex,
      images: (0..<planes).map {
        rendered.image[$0].expanded(at: 2).centerPaddedOrCropped(to: size + [1], border: .constant(0))
      },
      labels: (0..<planes).map {
        rendered.classes[$0].centerPaddedOrCropped(to: size, border: .constant(0))
      },
      positions: (0..<planes).map { Double(patient.slab.first + $0 + 1) / Double(planeCount) },
      spacing: spacing)
  }
}
