import ArgumentParser
import ExampleSupport
import Foundation

/// The Swift side of the exchange with PyTorch; Examples/Interop/README.md describes the folder.
@main
struct Interop: ExampleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Exchanges encoders, features and training steps with PyTorch (Interop/supercl_torch.py).",
    discussion: """
      Exit codes: 1 features differ, 64 wrong arguments, 65 bad data, 66 a file that cannot be read, 73 one that \
      cannot be written.
      """,
    subcommands: [Features.self, Load.self, Step.self])
}
