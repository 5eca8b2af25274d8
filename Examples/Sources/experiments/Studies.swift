import ArgumentParser
import ExperimentKit

// Studies of SuperCL's parts: one subcommand each, by the question.

struct Terms: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terms", abstract: "L_ins, L_intra and L_inter alone, in pairs and together.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.terms) }
}

struct IntraOnly: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "intra-only", abstract: "ILCP by itself against PCL, Scratch and the whole method.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.intraOnly) }
}

struct PseudoMasks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pseudo-masks",
    abstract: "A grid, shuffled ids, single pixels and true masks in place of superpixels.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.pseudoMasks) }
}

struct Geometry: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "geometry", abstract: "Fixed views that move in space, with and without their superpixels.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.geometry) }
}

struct Stride: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stride", abstract: "Dice, seconds and memory against the stride of ILCP.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.stride) }
}

struct Counts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counts", abstract: "Dice against the number of superpixels, set by hand and adaptive.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.counts) }
}

struct Unlabelled: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlabelled",
    abstract: "Dice against the number of images without labels; --with-unlabelled adds the fetched ones.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.unlabelled) }
}

struct Transfer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "Pre-trained on CT, fine-tuned on MRI, and back; needs --with-mri or two data sets of your own."
  )
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.transfer) }
}

struct Pairs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Similarities of pixel pairs (one superpixel, paired images, random) before and after pre-training.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(PairExperiment.self) }
}

struct Failures: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Superpixel features made uniform, with the warning at that step; memory against stride and pixels.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(FailureExperiment.self) }
}

struct Volumes: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Slices against volumes of the same patients, scored volume by volume in millimetres.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(VolumeExperiment.self) }
}
