import Foundation
import MedIO
import Tensor

/// The program, in a folder of its own.
struct EvaluateProgram {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("evaluate-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  struct Outcome {
    let code: Int32
    let output, errors: String
    var errorLines: Int { errors.split(separator: "\n").count }
  }

  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  func run(_ arguments: [String]) throws -> Outcome {
    let process = Process()
    // The program lies beside the tests.
    process.executableURL = try URL(
      fileURLWithPath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    ).deletingLastPathComponent().appendingPathComponent("evaluate")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let (output, errors) = (folder.appendingPathComponent(".out"), folder.appendingPathComponent(".err"))
    for url in [output, errors] { try Data().write(to: url) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// Two planes of 2 x 4 voxels of 3 x 2 x 0.5 mm.
  func write(
    _ name: String, _ values: [Float], shape: TensorShape = [2, 2, 4],
    affine: VoxelAffine = VoxelAffine(diagonal: 0.5, 2, 3)
  ) throws {
    let url = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try NIfTI.write(Volume(voxels: Tensor(values, shape: shape), affine: affine), to: url)
  }
}
