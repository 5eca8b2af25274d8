import ArgumentParser

@main
struct Quickstart: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "From a NIfTI file to a segmentation, pre-trained with SuperCL.")
}
