import ExampleTestSupport
import Foundation
import MedIO
import Tensor
import Testing

/// What the program makes of the files it is given.
@Suite struct EvaluateFilesTests {
  private let program: ExampleProgram
  private var folder: URL { program.folder }

  init() throws { program = try ExampleProgram("evaluate") }

  /// Class 1 lies one column (0.5 mm) off.
  private let prediction: [Float] = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  private let reference: [Float] = [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  /// Sets `pixdim` of a file and leaves its sform, as most ACDC files have them.
  private func setPixdim(_ sizes: [Float], of name: String) throws {
    let url = folder.appendingPathComponent(name)
    var bytes = try Data(contentsOf: url)
    for (axis, size) in sizes.enumerated() {
      let offset = 80 + 4 * axis
      withUnsafeBytes(of: size.bitPattern.littleEndian) {
        bytes.replaceSubrange(offset..<offset + 4, with: $0)
      }
    }
    try bytes.write(to: url)
  }

  /// Two columns apart: 2 mm by the sform, 2.6316 mm by pixdim. Each file says that they differ.
  @Test func whatIsOddIsSaidAndTheScoresFollow() throws {
    for (name, column) in [("p.nii", 0), ("r.nii", 2)] {
      try program.write(
        name, (0..<16).map { $0 % 4 == column ? 1 : 0 }, affine: VoxelAffine(diagonal: 1, 1, 1))
      try setPixdim([1.3158, 1.3158, 10], of: name)
    }
    for (form, distance) in [("automatic", "2.0"), ("sform", "2.0"), ("qform", "2.63"), ("pixdim", "2.63")] {
      let outcome = try program.run("p.nii", "r.nii", "--affine", form, "--csv", "a.csv")
      #expect(outcome.code == 0 && outcome.output.contains("hd95_mm"))
      let lines = outcome.errors.split(separator: "\n")
      #expect(lines.count == 2, "\(outcome.errors)")
      for (line, name) in zip(lines, ["p.nii: ", "r.nii: "]) {
        #expect(line.contains(name) && line.contains("differ") && line.contains("[1.0, 1.0, 1.0]"))
      }
      let csv = try String(contentsOf: folder.appendingPathComponent("a.csv"), encoding: .utf8)
      #expect(csv.split(separator: "\n").last?.split(separator: ",")[4].hasPrefix(distance) == true, "\(csv)")
    }
  }

  /// SciPy 1.17 gives the 40 x 40 image HD95 9, ASSD 2.508125592000413 and a surface Dice of .45 at 1 mm.
  @Test(arguments: [[1, 40, 40], [40, 1, 40], [40, 40, 1]] as [TensorShape])
  func aPlaneIsAnImageAlongAnyAxis(_ shape: TensorShape) throws {
    let reference = (0..<1600).map { index -> Float in
      (6...29).contains(index / 40) && (6...29).contains(index % 40) ? 1 : 0
    }
    let prediction = (0..<1600).map { index -> Float in
      let (row, column) = (index / 40, index % 40)
      let isHole = (16...19).contains(row) && (16...19).contains(column)
      return (9...32).contains(row) && (7...30).contains(column) && !isHole ? 1 : 0
    }
    try program.write("p.nii", prediction, shape: shape, affine: VoxelAffine(diagonal: 1, 1, 1))
    try program.write("r.nii", reference, shape: shape, affine: VoxelAffine(diagonal: 1, 1, 1))
    let outcome = try program.run("p.nii", "r.nii", "--tolerance", "1", "--csv", "a.csv")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    let csv = try String(contentsOf: folder.appendingPathComponent("a.csv"), encoding: .utf8)
    let scores = csv.split(separator: "\n").last?.split(separator: ",").compactMap { Double($0) } ?? []
    #expect(abs(scores[4] - 2.508125592000413) < 1e-12 && scores[3] == 9 && scores[5] == 0.45, "\(csv)")
  }

  /// A pipe that nobody writes to would block whoever opens it.
  @Test(
    .timeLimit(.minutes(1)), arguments: ["pipe.nii", "pipe.hdr", "folder.nii", "device.nii", "socket.nii"])
  func whatIsNoRegularFileIs66(_ name: String) throws {
    try program.write("out/a.nii", prediction)
    try program.write("truth/a.nii", reference)
    for side in ["out", "truth"] {
      let path = folder.appendingPathComponent("\(side)/\(name)").path
      switch name {
      case "pipe.nii": #expect(mkfifo(path, 0o600) == 0)
      case "pipe.hdr":
        #expect(mkfifo(path, 0o600) == 0 && mkfifo(path.replacing(".hdr", with: ".img"), 0o600) == 0)
      case "folder.nii":
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      case "device.nii":
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
      default: #expect(makeSocket(at: path))
      }
    }
    var pairs = [["out", "truth"]]
    // A folder beside a file is a wrong argument, and two folders are what they hold.
    if name != "folder.nii" { pairs += [["out/\(name)", "truth/a.nii"], ["out/a.nii", "truth/\(name)"]] }
    for arguments in pairs {
      let outcome = try program.run(arguments)
      #expect(outcome.code == 66 && outcome.errorLines == 1 && outcome.output.isEmpty, "\(outcome.errors)")
      #expect(outcome.errors.contains(name) && outcome.errors.contains("not a regular file"))
    }
  }

  /// A socket that stays behind as a file.
  private func makeSocket(at path: String) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}
