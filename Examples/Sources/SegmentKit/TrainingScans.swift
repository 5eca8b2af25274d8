import ExampleSupport
import Foundation
import MedIO
import RunKit
import Tensor

/// The scans of a folder, dealt out by patients, and what they have in common.
struct TrainingScans {
  /// Those that train.
  let training: [VolumeCase]
  /// Those of other patients, which score.
  let validation: [VolumeCase]
  let trainingPatients: Int
  let validationPatients: Int
  let description: ModelDescription
  let mapping: LabelMapping
  /// What a person should know of the data.
  let notes: [String]

  /// - Throws: ``ExampleFailure``: a folder that is not there (66) or has no scan with a segmentation, files that are broken or
  ///   do not belong together (65), a class that no segmentation has (65); ``Interruption``.
  init(_ request: SegmentRequest, progress: RunProgress) throws {
    let all = try givingExitCodes {
      try VolumeCase.scans(in: URL(filePath: request.folder))
    }
    let labeled = all.filter { $0.labels != nil }
    guard !labeled.isEmpty else {
      throw ExampleFailure(
        .data,
        "\(request.folder): \(all.count) images and no segmentation, such as NAME_label.nii.gz or labels/NAME.nii.gz"
      )
    }
    var notes: [String] = []
    if labeled.count < all.count {
      notes.append(
        "\(all.count - labeled.count) of \(all.count) images have no segmentation and are left out")
    }
    let settings = request.settings
    // Slabs are dealt out when the planes of the prepared scans are known.
    (training, validation) =
      settings.slabLength == nil ? Self.dealtOut(labeled, settings, request.labels) : (labeled, [])
    trainingPatients = Set(training.map(\.key)).count
    validationPatients = Set(validation.map(\.key)).count
    if settings.slabLength != nil {
      notes.append("slabs of the same scans train and validate: their scores say nothing of other people")
    } else if validation.isEmpty {
      notes.append(
        "no patient is left to validate with: the weights of the last step are kept, and nothing is scored")
    }
    let scans = training + validation
    let grids = try Self.grids(scans, settings, progress)
    let spacing = Self.spacing(Array(grids.prefix(training.count)), settings)
    let classes = try Self.classes(scans, request, progress)
    let description = ModelDescription(
      dimensions: settings.dimensions, widths: settings.widths,
      classes: [.init(name: "background", label: 0)]
        + classes.map { .init(name: $0.name, label: $0.labels[0]) },
      orientation: settings.orientation, spacing: spacing, intensity: settings.intensity,
      notFinite: settings.notFinite, window: settings.patch, overlap: settings.overlap,
      mirrors: settings.mirrors)
    for (scan, grid) in zip(scans, grids) {
      try givingExitCodes {
        try FileChecks.checkSize(grid, description, path: scan.images[0].path)
      }
    }
    self.description = description
    mapping = LabelMapping(
      merging: classes.map(\.labels), unlisted: request.otherLabels == .background ? .background : .refused)
    self.notes = notes
  }

  /// Patients in an order drawn from the seed: the first of them validate, then come those that train.
  private static func dealtOut(
    _ scans: [VolumeCase], _ settings: SegmentSettings, _ budget: LabelBudget
  ) -> (training: [VolumeCase], validation: [VolumeCase]) {
    let patients = Set(scans.map(\.key)).sorted()
    var generator = RandomKey(seed: settings.seed).stream(for: "patients").generator
    let order = generator.permutation(of: patients.count).map { patients[$0] }
    let count = settings.validating(of: order.count)
    let rest = order[count...]
    let chosen = Set(rest.prefix(budget.patients(of: rest.count)))
    let validating = Set(order[..<count])
    return (scans.filter { chosen.contains($0.key) }, scans.filter { validating.contains($0.key) })
  }

  /// The grids of scans in the network's orientation.
  private static func grids(
    _ scans: [VolumeCase], _ settings: SegmentSettings, _ progress: RunProgress
  ) throws -> [VolumeGrid] {
    let orientation = AnatomicalOrientation(settings.orientation) ?? .ras
    return try scans.map { scan -> VolumeGrid in
      try progress.checkInterruption()
      guard scan.images.count == 1 else {
        throw ExampleFailure(
          .data,
          "\(scan.images[1].path): \(scan.identifier) has \(scan.images.count) channels; one is trained on")
      }
      return try givingExitCodes {
        let information = try NIfTI.readInformation(from: scan.images[0])
        try FileChecks.check(information, path: scan.images[0].path)
        guard information.shape.dimensions.dropLast(3).allSatisfy({ $0 == 1 }) else {
          throw MedIOError(
            .badDimensions, path: scan.images[0].path,
            context: "holds several volumes, dim = \(information.header.dim); one is trained on")
        }
        return FileChecks.grid(information, orientation: orientation)
      }
    }
  }

  /// The settings' voxel size, or the median of scans along each axis; in two dimensions planes keep their distance.
  private static func spacing(_ grids: [VolumeGrid], _ settings: SegmentSettings) -> [Double?] {
    let axes = (3 - settings.dimensions)..<3
    return (0..<3).map { axis -> Double? in
      guard axes.contains(axis) else { return nil }
      if let spacing = settings.spacing { return spacing[axis - axes.lowerBound] }
      let values = grids.map { $0.spacing[axis] }.sorted()
      return values[values.count / 2]
    }
  }

  /// The classes that were asked for, or all labels but 0.
  private static func classes(
    _ scans: [VolumeCase], _ request: SegmentRequest, _ progress: RunProgress
  ) throws -> [RequestedClass] {
    var found: Set<Int32> = []
    for case let url? in scans.map(\.labels) {
      try progress.checkInterruption()
      found.formUnion(
        try givingExitCodes { try NIfTI.readLabels(from: url).labelMap.distinctLabels })
    }
    let classes = request.classes ?? found.subtracting([0]).sorted().map(RequestedClass.init(label:))
    guard !classes.isEmpty else {
      throw ExampleFailure(.data, "\(request.folder): the segmentations have no label but 0")
    }
    for item in classes {
      guard let missing = item.labels.first(where: { !found.contains($0) }) else { continue }
      throw ExampleFailure(
        .data,
        "--classes: no segmentation has the label \(missing) of '\(item.name)'; there are \(found.sorted())")
    }
    return classes
  }
}
