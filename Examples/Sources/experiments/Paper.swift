import ArgumentParser
import ExampleSupport
import ExperimentKit
import Foundation

struct Paper: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "The paper's own experiment on its data: pre-training, its patients, its protocol, its row beside ours.",
    discussion: """
      Pre-train first (CHD, BraTS or KiTS), then fine-tune a set that starts from it into the same output folder: ACDC and MMWHS \
      from CHD, HVSMR, CHAOS and Heart from BraTS, Spleen from KiTS. Without an encoder in the folder Scratch runs alone. \
      With --quick and no folder, a small tree of made-up images takes the data's place.
      """)

  @Argument(
    help: "The set that lies in the folder: \(PaperSet.allCases.map(\.rawValue).joined(separator: ", ")).",
    transform: { name in
      guard let set = PaperSet(name: name) else {
        throw ValidationError("SET = \(name): there is no such set")
      }
      return set
    })
  var set: PaperSet

  @Argument(help: "The images, in the layout of their makers.")
  var folder: String?

  @OptionGroup var options: ExperimentOptions

  func run() throws {
    try options.perform { work in
      var place = folder.map { URL(filePath: $0) }
      if place == nil, options.quick {
        place = work.folder.file("state/small-\(set.rawValue)")
        if let place { try SmallPaperTree.write(set, to: place) }
      }
      guard let place else {
        throw ExampleFailure(.usage, "FOLDER is missing: where the images of \(set.rawValue) lie")
      }
      try PaperExperiment(set, in: place, work).run()
    }
  }
}
