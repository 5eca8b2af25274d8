public import ArgumentParser
import ExampleSupport
import Foundation
import RunKit
public import SegmentKit

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predicts files with a model: labels on the file's own grid, millilitres, pictures.")

  @Argument(help: "model.safetensors of segment train.")
  var model: String?

  @Argument(help: "NIfTI files, and folders of them. Each volume of a 4-D file is predicted by itself.")
  var images: [String] = []

  @Option(help: "The folder for labels, table and pictures.")
  var output: String?

  @Option(
    help: "What comes back to the file's grid: labels, or probabilities, for finer borders and more memory.")
  var resampling = PredictionResampling.labels

  @Flag(help: "Also write the classes' probabilities, a volume each, on the network's grid.")
  var probabilities = false

  @Option(help: "How pictures lie: radiological, neurological or stored.")
  var view = AnatomicalView.radiological

  func run() throws {
    guard let model, let output, !images.isEmpty else {
      throw ExampleFailure(
        .usage, "usage: segment predict MODEL FILE-OR-FOLDER... --output DIR; --help tells more")
    }
    var run = SegmentPredictionRun(
      model: model, images: images, output: URL(filePath: output), progress: Segment.runProgress)
    (run.resampling, run.view, run.writesProbabilities) = (resampling, view, probabilities)
    try Segment.interruptible("files that were done are in \(output)") { try run.run() }
  }
}

extension PredictionResampling: ExpressibleByArgument {}
