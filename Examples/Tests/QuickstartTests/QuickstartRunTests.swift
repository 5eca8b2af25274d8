import Contrastive
import Foundation
import MedIO
import QuickstartKit
import RunKit
import Synchronization
import Tensor
import Testing

/// The whole run on a small volume: what it writes, and that stopping changes nothing.
@Suite struct QuickstartRunTests {
  @Test func stoppedAnywhereAndResumedItIsTheUnbrokenRun() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var whole = try SmallRun.request(in: folder, depth: 40, classes: 3)
    try SmallRun.run(whole)
    let expected = try (
      SmallRun.results(whole), Data(contentsOf: whole.output.appending(path: "encoder.safetensors"))
    )
    // In pre-training, in the search, in fine-tuning, and before the pictures.
    for stop in [3, 9, 20, 33] {
      whole.output = folder.appending(path: "stopped-\(stop)")
      #expect(throws: Interruption.self) { try SmallRun.run(whole, stopAfter: stop) }
      try SmallRun.run(whole, resuming: true)
      #expect(try SmallRun.results(whole) == expected.0)
      #expect(
        try Data(contentsOf: whole.output.appending(path: "encoder.safetensors")) == expected.1)
    }
  }

  @Test func resumingWithoutAFolderBeginsAfresh() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    try SmallRun.run(request, resuming: true)
    #expect(FileManager.default.fileExists(atPath: request.output.appending(path: "report.html").path))
  }

  @Test(arguments: [(20, 3), (40, 60)]) func shortVolumesAndManyLabelsRunToTheEnd(depth: Int, classes: Int)
    throws
  {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: depth, classes: classes)
    try SmallRun.run(request)
    let rows = try #require(try SmallRun.results(request) as? [[String: Any]])
    // Scratch and SuperCL with two seeds, and the ceiling with one; every class and the mean.
    #expect(rows.count == 5 * (classes + 1))
    let prediction = try NIfTI.readLabels(
      from: request.output.appending(path: "prediction_supercl.nii.gz"))
    #expect(try prediction.grid.matches(NIfTI.readLabels(from: request.labels).grid))
  }
}
