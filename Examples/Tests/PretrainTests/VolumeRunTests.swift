import ExampleSupport
import Foundation
import NN
import PretrainKit
import RunKit
import Tensor
import Testing

/// Runs on volumes: `--dimensions 3`.
@Suite struct VolumeRunTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  /// Three steps of two patches of 8 x 32 x 32 voxels.
  private func request(_ method: String, _ settings: String, _ images: String...) throws -> PretrainRequest {
    for image in images { try tiny.write(image, depth: 14) }
    var request = tiny.request(method)
    request.images = images.map { tiny.folder.appending(path: $0).path }
    (request.dimensions, request.levels, request.batchSize) = (3, 3, 2)
    request.settings = ("settings.json", Data(settings.utf8))
    return request
  }

  /// Supervoxels of 12 mm need the spacing of each volume: without it SuperCL refuses them.
  private static let superCL = #"{"patchSize": [8, 32, 32], "slic": {"segmentCount": {"edge": 12}}}"#
  private static let simCLR = #"""
    {"views": {"varied": {"_0": {"patchSize": [8, 32, 32]}}}}
    """#

  @Test func anEncoderOfVolumesIsWritten() throws {
    let request = try request("SuperCL", Self.superCL, "a.nii.gz", "b.nii")
    let said = try tiny.run(request)
    #expect(said.lines.contains { $0.contains("2 axial volumes, [14, 72, 70] to [14, 72, 70] voxels") })
    var generator = RandomKey(seed: 1).generator
    let network = UNet3D<Float>(UNetConfiguration(widths: [2, 4, 8]), classCount: 3, using: &generator)
    let before = network.encoder.stages[0].conv1.weight.value
    try network.encoder.load(from: request.output.appending(path: "encoder.safetensors"))
    #expect(network.encoder.stages[0].conv1.weight.value != before)
    let (report, page) = (try tiny.report(request), try tiny.page(request))
    let data = try #require(report["data"] as? [String: Any])
    #expect(data["dimensions"] as? Int == 3 && data["slices"] as? Int == 2)
    #expect(page.contains("2 volumes, 70 x 72 x 14 voxels"))
    // The volume and four views, of each of two volumes.
    let pictures = try tiny.pictures(request)
    #expect(pictures.count == 10)
    for picture in pictures { #expect(Set(picture.pixels).count > 8) }
  }

  @Test func stoppedAnywhereAndResumedItIsTheUnbrokenRun() throws {
    var request = try request("SuperCL", Self.superCL, "a.nii.gz", "b.nii")
    try tiny.run(request)
    let expected = try tiny.encoder(request)
    for stop in [1, 3, 5, 7] {
      request.output = tiny.folder.appending(path: "stopped-\(stop)")
      #expect(throws: Interruption.self) { try tiny.run(request, stopAfter: stop) }
      try tiny.run(request, mode: .resuming)
      #expect(try tiny.encoder(request) == expected, "stopped after \(stop)")
    }
  }

  /// A second training starts from an encoder of volumes, and from no other.
  @Test func anEncoderOfSlicesIsRefused() throws {
    let first = try request("SuperCL", Self.superCL, "a.nii.gz")
    try tiny.run(first)
    var second = try request("SuperCL", Self.superCL, "a.nii.gz")
    second.output = tiny.folder.appending(path: "second")
    second.startingFrom = first.output.appending(path: "encoder.safetensors").path
    second.steps = 0
    try tiny.run(second)
    #expect(try tiny.encoder(second) == tiny.encoder(first))
    second.dimensions = 2
    (second.settings, second.output) = (nil, tiny.folder.appending(path: "flat"))
    let error = try #require(throws: CheckpointError.self) { try tiny.run(second) }
    #expect(error.code == .mismatch)
  }

  /// A voxel of the files is 1 x 2 x 3 mm along i, j, k.
  @Test func volumesAreResampledAlongEveryAxis() throws {
    var request = try request("SuperCL", Self.superCL, "a.nii.gz")
    (request.spacing, request.steps) = (2, 0)
    try tiny.run(request)
    let data = try #require(try tiny.report(request)["data"] as? [String: Any])
    #expect(data["largest"] as? [Int] == [21, 72, 35])
  }

  @Test func aVolumeOfOneValueIsLeftOut() throws {
    let request = try request("SuperCL", Self.superCL, "a.nii.gz", "b.nii")
    try tiny.write("b.nii", depth: 14) { _, _, _ in 5 }
    let said = try tiny.run(request)
    #expect(said.warnings.contains("1 of 2 volumes are of one value and left out"))
  }

  @Test func aVolumeThatDoesNotSayHowLargeAVoxelIsIsRefused() throws {
    let request = try request("SuperCL", Self.superCL, "a.nii")
    let file = tiny.folder.appending(path: "a.nii")
    var bytes = [UInt8](try Data(contentsOf: file))
    // NIfTI-1: pixdim[3] at byte 88, qform_code and sform_code at 252.
    bytes.replaceSubrange(88..<92, with: [0, 0, 0, 0])
    bytes.replaceSubrange(252..<256, with: [0, 0, 0, 0])
    try Data(bytes).write(to: file)
    let error = try #require(throws: ExampleFailure.self) { try tiny.run(request) }
    let line = "pixdim[3] = 0.0: the size of a voxel is unknown"
    #expect(error.kind == .data && error.description.contains(line), "\(error)")
  }

  /// What is made of slices says so, with the field.
  @Test(arguments: [("DiRA", "{}"), ("SimCLR", "{}"), ("SuperCL", #"{"patchSize": [8, 32, 30]}"#)])
  func whatDoesNotGoWithVolumesIsNamed(method: String, settings: String) throws {
    let request = try request(method, settings, "a.nii.gz")
    let error = try #require(throws: ExampleFailure.self) { try tiny.run(request) }
    #expect(error.kind == .data && error.description.hasPrefix("settings.json: \(method): "), "\(error)")
    #expect(!FileManager.default.fileExists(atPath: request.output.path))
  }
}
