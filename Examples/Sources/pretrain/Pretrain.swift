import ArgumentParser
import ExampleSupport
import PretrainKit
import RunKit

@main
struct Pretrain: ExampleCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Pre-trains an encoder on slices of your own volumes, by a method of your choice.",
    discussion: """
      Cuts NIfTI volumes to slices, trains by METHOD (--list names them) and writes to the output folder: \
      encoder.safetensors with PyTorch's names, report.html with the loss, signs of collapse and pictures of the views, \
      and report.json. Ctrl-C writes a checkpoint; --resume goes on with it to the same encoder, bit for bit.
      Exit codes: 64 wrong arguments, 65 bad data or settings, 66 a file that cannot be read, 73 one that cannot be written, \
      130 interrupted.
      """)

  @OptionGroup var options: PretrainOptions

  func run() throws {
    try Self.interruptible("the same command with --resume goes on") {
      try options.run(as: "pretrain", progress: Self.runProgress) { print($0, terminator: "") }
    }
  }
}
