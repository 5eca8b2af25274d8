import ArgumentParser
import ExampleSupport
import Foundation

@main
struct Experiments: ExampleCommand {
  static let configuration = CommandConfiguration(
    commandName: "slic-experiments",
    abstract: "Measures superpixels on labeled CT and MRI slices, and on images of extreme size.",
    discussion: """
      CT: the volume kept in Examples/Data. MRI: ch2.nii.gz and aal.nii.gz of Debian's package mricron-data, in the folder \
      given with --mri; Examples/leakage.sh fetches them.
      """,
    subcommands: [Leakage.self, Adaptive.self, Scale.self])
}

/// Prints a line at once.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
