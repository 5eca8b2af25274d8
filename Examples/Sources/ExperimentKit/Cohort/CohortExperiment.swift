import ExampleSupport
import Foundation
import QuickstartKit
import RunKit
import Tensor

/// Looks at the virtual patients before anything is trained on them: pictures, and how far shapes and intensities moved.
public struct CohortExperiment: Experiment {
  public let work: ExperimentWork

  public init(_ work: ExperimentWork) { self.work = work }

  /// Patients of a slab that are pictured.
  private static let pictured = 5

  public func run() throws {
    var page = ExperimentPage(
      title: "Virtual patients",
      question: "What do the virtual patients look like, and how far do they differ?")
    var table = [
      [
        "data", "side", "slabs", "patients", "slices", "shift of a voxel, mm: median, most",
        "least Jacobian determinant",
      ]
    ]
    for set in settings.data where set.patients == .virtual {
      let source = try SourceVolume(set, longestSide: settings.longestSide, folders: folders, in: folder)
      page.notes += source.notes
      let renderer = PatientRenderer(
        image: source.image, classes: source.classes, classCount: source.classNames.count,
        spacing: source.spacing, settings: settings.cohort)
      let patients = VirtualPatient.all(of: set.name, split: source.split, settings: settings.cohort)
      for part in SlabSplit.Part.allCases {
        table.append(try row(part, source, patients.filter { $0.slab.part == part }, renderer))
      }
      page.sections.append((set.name, try pictures(source, patients, renderer)))
    }
    let markdown = ExperimentPage.markdown(table)
    page.notes.append(
      "All virtual patients of a data set are of one person: a result on them says nothing of other people")
    page.sections.insert(("Figures", ExperimentPage.table(table)), at: 0)
    try folder.write(markdown, to: "cohort.md")
    try folder.write(page.html, to: "cohort.html")
    progress.note("page: \(folder.file("cohort.html").path)")
  }

  private func row(
    _ part: SlabSplit.Part, _ source: SourceVolume, _ patients: [VirtualPatient], _ renderer: PatientRenderer
  ) throws -> [String] {
    var (slices, least) = (0, Float.infinity)
    var shifts: [Double] = []
    for patient in patients {
      try progress.checkInterruption()
      let rendered = renderer.rendered(patient)
      slices += rendered.image.shape[0]
      least = min(least, rendered.deformation.jacobianDeterminants.min().item)
      shifts += rendered.deformation.shifts(spacing: source.spacing)
    }
    shifts.sort()
    return [
      source.settings.name, part.rawValue, "\(source.split.slabs(of: part).count)", "\(patients.count)",
      "\(slices)",
      String(
        format: "%.1f, %.1f", shifts.isEmpty ? 0 : shifts[shifts.count / 2], shifts.last ?? 0),
      String(format: "%.2f", least),
    ]
  }

  /// The middle slice of the first slab of each side, and some patients made of it, without and with classes.
  private func pictures(
    _ source: SourceVolume, _ patients: [VirtualPatient], _ renderer: PatientRenderer
  ) throws -> String {
    try SlabSplit.Part.allCases.compactMap { part -> String? in
      guard let slab = source.split.slabs(of: part).first else { return nil }
      let middle = (slab.first + slab.last) / 2
      let drawn = patients.filter { $0.slab == slab }.prefix(Self.pictured).map(renderer.rendered)
      let images =
        [(source.image[middle], source.classes[middle])]
        + drawn.map { ($0.image[middle - slab.first], $0.classes[middle - slab.first]) }
      let rows = [false, true].map { isColored in
        Picture.sideBySide(
          images.map { image, classes in
            Picture(
              image: image, classes: isColored ? classes : nil, classCount: source.classNames.count
            ).axial(.radiological, enlarged: 2)
          })
      }
      let sheet = Picture(
        width: rows[0].width, height: rows[0].height + rows[1].height, channels: rows[0].channels,
        pixels: rows[0].pixels + rows[1].pixels)
      let data = try sheet.pngData()
      try writeOutput(
        data, to: folder.file("cohort-\(source.settings.name.lowercased())-\(part.rawValue).png"))
      return ExperimentPage.image(
        data,
        "\(source.settings.name), \(part.rawValue), plane \(middle): the source on the left, virtual patients beside it; classes below"
      )
    }.joined()
  }
}

extension SmoothDeformation {
  /// How far each voxel reads from its own place, in millimetres.
  func shifts(spacing: VoxelSpacing) -> [Double] {
    let lengths = Array(coordinates.shape.dimensions[1...3])
    return coordinates.withUnsafeBufferPointer { positions in
      (0..<lengths.reduce(1, *)).map { index in
        let place = [index / (lengths[1] * lengths[2]), index / lengths[2] % lengths[1], index % lengths[2]]
        return (0..<3).reduce(0.0) { sum, axis in
          let shift = (Double(positions[3 * index + axis]) - Double(place[axis])) * spacing[axis]
          return sum + shift * shift
        }.squareRoot()
      }
    }
  }
}
