import Contrastive
import Foundation
import MedIO
import QuickstartKit
import Synchronization
import Tensor
import Testing

/// The whole run on a small volume: what it writes, and that stopping changes nothing.
@Suite struct QuickstartRunTests {
  /// A volume of `depth` slices with `classes` bright boxes that reach through all of it, and a request to segment them.
  private func request(in folder: URL, depth: Int, classes: Int) throws -> RunRequest {
    let (height, width) = (40, 8 * classes)
    var image = Tensor<Float>(zeros: [depth, height, width])
    var labels = Tensor<Int32>(zeros: [depth, height, width])
    for index in 0..<classes {
      let columns = 8 * index..<8 * index + 7
      image[0..<depth, 8..<32, columns] = Tensor(
        repeating: Float(index + 1) / Float(classes), shape: [depth, 24, 7])
      labels[0..<depth, 8..<32, columns] = Tensor(repeating: Int32(index + 1), shape: [depth, 24, 7])
    }
    let spacing = VoxelSpacing(plane: 3, row: 1, column: 1)
    let (imageURL, labelURL) = (folder.appending(path: "image.nii.gz"), folder.appending(path: "labels.nii"))
    try NIfTI.write(Volume(voxels: image, spacing: spacing), to: imageURL)
    try NIfTI.write(Volume(voxels: labels, spacing: spacing), to: labelURL)
    var request = RunRequest(image: imageURL, labels: labelURL, output: folder.appending(path: "output"))
    request.fractions = [0.25]
    request.seeds = [1, 2]
    var settings = Settings()
    settings.width = 4
    settings.longestSide = 48
    settings.pretrainingSteps = 4
    settings.pretrainingBatch = 2
    settings.candidates = [
      .init(learningRate: 2e-3, steps: 6), .init(learningRate: 1e-3, steps: 6),
    ]
    request.settings = try JSONEncoder().encode(settings)
    return request
  }

  /// Runs until `checks` questions whether to stop have been answered with no.
  private func run(_ request: RunRequest, resuming: Bool = false, stopAfter checks: Int = .max) throws {
    let asked = Atomic<Int>(0)
    let progress = RunProgress {
      _ in
    } isInterrupted: {
      asked.add(1, ordering: .relaxed).newValue > checks
    }
    try QuickstartRun(request, resuming: resuming, progress: progress).run()
  }

  private func folder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(path: "quickstart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  private func results(_ request: RunRequest) throws -> NSObject? {
    let data = try Data(contentsOf: request.output.appending(path: "report.json"))
    return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["results"] as? NSObject
  }

  @Test func stoppedAnywhereAndResumedItIsTheUnbrokenRun() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var whole = try request(in: folder, depth: 40, classes: 3)
    try run(whole)
    let expected = try (
      results(whole), Data(contentsOf: whole.output.appending(path: "encoder.safetensors"))
    )
    // In pre-training, in the search, in fine-tuning, and before the pictures.
    for stop in [3, 9, 20, 33] {
      whole.output = folder.appending(path: "stopped-\(stop)")
      #expect(throws: Interruption.self) { try run(whole, stopAfter: stop) }
      try run(whole, resuming: true)
      #expect(try results(whole) == expected.0)
      #expect(
        try Data(contentsOf: whole.output.appending(path: "encoder.safetensors")) == expected.1)
    }
  }

  @Test func resumingWithoutAFolderBeginsAfresh() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try request(in: folder, depth: 40, classes: 2)
    try run(request, resuming: true)
    #expect(FileManager.default.fileExists(atPath: request.output.appending(path: "report.html").path))
  }

  @Test(arguments: [(20, 3), (40, 60)]) func shortVolumesAndManyLabelsRunToTheEnd(depth: Int, classes: Int)
    throws
  {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try request(in: folder, depth: depth, classes: classes)
    try run(request)
    let rows = try #require(try results(request) as? [[String: Any]])
    // Scratch and SuperCL with two seeds, and the ceiling with one; every class and the mean.
    #expect(rows.count == 5 * (classes + 1))
    let prediction = try NIfTI.readLabels(
      from: request.output.appending(path: "prediction_supercl.nii.gz"))
    #expect(try prediction.grid.matches(NIfTI.readLabels(from: request.labels).grid))
  }
}
