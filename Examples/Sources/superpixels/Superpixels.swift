import ArgumentParser
import ExampleSupport
import Foundation
import Superpixel
import Tensor

@main
struct SuperpixelsCommand: ExampleCommand {
  static let configuration = CommandConfiguration(
    commandName: "superpixels",
    abstract: "Superpixels of a PNG or NIfTI image, supervoxels of a NIfTI volume.",
    discussion: """
      Writes to the output folder: overlay.png (a volume: overlay_axial.png, overlay_coronal.png, overlay_sagittal.png \
      through its middle, in radiological view unless --view says otherwise, with the letters of the patient's sides), labels.nii.gz on the grid of the input (1, 2, 3, ...; 0 where values are not finite), and \
      segments.csv with the place, size, mean and neighbors of each segment. A file with more than one volume \
      takes volume 0.
      Exit codes: 64 wrong arguments, 65 bad data, 66 a file that cannot be read, 73 one that cannot be written.
      """)

  @Argument(help: "The image: .png, .nii, .nii.gz or .hdr.")
  var file: String

  @Option(help: "The folder for the results; made if it is missing.")
  var output: String

  @Option(parsing: .unconditional, help: "About how many segments; `adaptive` lets the image decide.")
  var segments = "100"

  @Option(parsing: .unconditional, help: "Weight of position against color; higher is squarer.")
  var compactness = 10.0

  @Option(parsing: .unconditional, help: "Passes over the image at most.")
  var iterations = 10

  @Option(
    parsing: .unconditional,
    help: "Standard deviation of a Gaussian that smooths first, in millimetres (pixels of a PNG).")
  var sigma = 0.0

  @Flag(help: "SLICO: a compactness of its own for each segment.")
  var slico = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Intensities of a NIfTI file that become black and white, as LOW...HIGH, or `full` (default: percentiles .5 and 99.5).",
      valueName: "window"))
  var window: String?

  @Option(
    help:
      "From where pictures of a patient are seen: radiological (right on the left), neurological (right on the right), or stored."
  )
  var view = AnatomicalView.radiological

  @Option(parsing: .unconditional, help: "Threads to compute with.")
  var threads: Int?

  @Flag(help: "Print each pass.")
  var progress = false

  func run() throws {
    if let threads {
      guard threads >= 1 else {
        throw ExampleFailure(.usage, "--threads = \(threads): must be at least 1")
      }
      ComputeThreads.count = threads
    }
    let slic = try configuredSLIC()
    let window = try IntensityWindow(argument: window)
    let input = try InputImage(file, window: window)
    let folder = try makeFolder()
    for note in input.notes { print(note) }
    let result = try segment(input, slic)
    let labels = result.labels.relabeled(from: 1)
    let table = SegmentTable(result.labels.relabeled(), input)
    try input.writeLabels(labels, to: folder.appending(path: "labels.nii.gz"))
    try table.write(to: folder.appending(path: "segments.csv"))
    let pictures = try Overlays(labels: labels, of: input, view: view).write(to: folder)
    report(result, input, pictures)
  }

  private func configuredSLIC() throws -> SLIC {
    let count: SegmentCount
    if segments == "adaptive" {
      count = .adaptive
    } else {
      guard let number = Int(segments) else {
        throw ExampleFailure(.usage, "--segments = \(segments): a number, or adaptive")
      }
      count = .fixed(number)
    }
    var slic = SLIC(segmentCount: count, compactness: compactness, maximumIterations: iterations)
    slic.sigma = sigma
    slic.variant = slico ? .slico : .slic
    return slic
  }

  private func makeFolder() throws -> URL {
    let folder = URL(filePath: output)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ExampleFailure(.cannotCreate, "\(output): the folder cannot be made")
    }
    return folder
  }

  private func segment(_ input: InputImage, _ slic: SLIC) throws -> Superpixels {
    var slic = slic
    slic.spacing = input.isVolume ? input.spacing : Array(input.spacing.suffix(2))
    let handler: SLICProgress.Handler = { step in
      if progress, case .pass(let iteration, let changed) = step.stage {
        print("pass \(iteration): \(changed) labels changed")
      }
      return .proceed
    }
    do {
      return try input.isVolume
        ? slic.segment(volume: input.features, mask: input.mask, progress: handler)
        : slic.segment(input.features, mask: input.mask, progress: handler)
    } catch {
      switch error.code {
      case .badSetting(let field, let value, let reason):
        let names = ["segmentCount": "segments", "maximumIterations": "iterations"]
        throw ExampleFailure(.usage, "--\(names[field] ?? field) = \(value): \(reason)")
      default: throw ExampleFailure(.data, "\(file): \(error)")
      }
    }
  }

  private var viewDescription: String {
    switch view {
    case .radiological: "the patient's right is on the left"
    case .neurological: "the patient's right is on the right"
    case .stored: "rows and columns as in the file"
    }
  }

  private func report(_ result: Superpixels, _ input: InputImage, _ pictures: [String]) {
    let what = input.isVolume ? "supervoxels" : "superpixels"
    let variation = SuperpixelQuality.explainedVariation(of: result.labels, image: input.features)
    print("\(result.count) \(what) after \(result.iterations) passes")
    print(
      String(
        format: "they explain %.1f %% of the variance, a regular grid of as many %.1f %%",
        100 * variation.superpixels, 100 * variation.regularGrid))
    if input.orientation != nil { print("pictures in \(view.rawValue) view: \(viewDescription)") }
    print("\(output): \((pictures + ["labels.nii.gz", "segments.csv"]).joined(separator: ", "))")
  }
}
