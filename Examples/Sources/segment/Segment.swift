import ArgumentParser
import ExampleSupport
import Foundation
import RunKit

@main
struct Segment: ExampleCommand {
  static let configuration = CommandConfiguration(
    commandName: "segment",
    abstract: "Trains a segmentation network on a folder of images and labels, and predicts files with it.",
    discussion: """
      segment train FOLDER --output DIR writes DIR/model.safetensors, which segment predict needs nothing beside. Ctrl-C ends \
      a training with a checkpoint; --resume goes on with it to the same model, bit for bit.
      Exit codes: 64 wrong arguments, 65 bad data, settings or model, 66 a file that cannot be read, 73 one that cannot be \
      written, 130 interrupted.
      """,
    subcommands: [Train.self, Predict.self])

  func run() throws {
    throw ExampleFailure(
      .usage,
      "usage: segment train FOLDER --output DIR, or segment predict MODEL FILE-OR-FOLDER... --output DIR")
  }
}
