import Autograd
import Foundation
import NN
import SegmentKit
import Tensor
import Testing

@Suite struct SegmentModelTests {
  private let folder: ScanFolder

  init() throws { folder = try ScanFolder() }

  private var url: URL { folder.file("model.safetensors") }

  @Test(arguments: [2, 3]) func aModelIsReadAsItWasWritten(dimensions: Int) throws {
    try ThresholdModel.write(
      to: url, dimensions: dimensions, widths: [2, 3, 5], window: [Int](repeating: 8, count: dimensions)
    ) {
      $0["spacing"] = [5, 1.5, NSNull()]
      $0["mirrors"] = ["row"]
      $0["notFinite"] = -1000
    }
    let model = try SegmentModel(contentsOf: url)
    try model.write(to: folder.file("again.safetensors"))
    let again = try SegmentModel(contentsOf: folder.file("again.safetensors"))
    #expect(again.description == model.description)
    #expect(again.description.spacing == [5, 1.5, nil] && again.description.notFinite == -1000)
    #expect(again.network.state().entries == model.network.state().entries)
    #expect(again.network.inputDescription?.sizeMultiple == [Int](repeating: 4, count: dimensions))
  }

  /// The network is the one that the tests of prediction take it for.
  @Test func theThresholdModelFindsWhatIsBright() throws {
    try ThresholdModel.write(to: url, dimensions: 2, window: [8, 8])
    let network = try SegmentModel(contentsOf: url).network
    let image = Tensor<Float>([0, 0.49, 0.51, 1] + [Float](repeating: 0.3, count: 60), shape: [1, 8, 8, 1])
    let labels = network.withMode(.evaluation) { network(Variable(image)).value }.argmax(along: -1)
    #expect(Array(labels.scalars.prefix(5)) == [0, 0, 1, 1, 0])
  }

  @Test func aFileThatIsCutShortIsRefused() throws {
    try ThresholdModel.write(to: url, dimensions: 2, window: [8, 8])
    let data = try Data(contentsOf: url)
    for length in [0, 7, 100, data.count / 2, data.count - 1] {
      try data.prefix(length).write(to: url)
      let error = #expect(throws: CheckpointError.self) { try SegmentModel(contentsOf: url) }
      #expect([.truncated, .badHeader].contains(error?.code))
    }
  }

  @Test func anotherNetworkIsRefused() throws {
    // Other widths, other dimensions than the tensors; one tensor too few.
    for (key, value) in [
      ("widths", [2, 4, 8] as Any), ("widths", [2, 2]), ("dimensions", 3), ("widths", [131_072, 131_072]),
    ] {
      try ThresholdModel.write(to: url, dimensions: 2, window: [8, 8]) {
        $0[key] = value
        if key == "dimensions" { $0["window"] = [8, 8, 8] }
      }
      #expect(#expect(throws: CheckpointError.self) { try SegmentModel(contentsOf: url) }?.code == .mismatch)
    }
    var generator = RandomKey(seed: 1).generator
    try UNetEncoder<Float>(UNetConfiguration(width: 2), using: &generator).save(to: url)
    let error = #expect(throws: CheckpointError.self) { try SegmentModel(contentsOf: url) }
    #expect(error?.code == .incompatible && error?.field == SegmentModel.field)
  }

  @Test(arguments: [
    ("format", 2 as any Sendable, "format = 2"), ("dimensions", 4, "dimensions = 4"),
    ("widths", [2], "widths = [2]"),
    ("widths", [2, 0, 2], "widths = [2, 0, 2]"), ("widths", [2, -2, 2], "widths"),
    ("window", [8], "window = [8]: must be 2 multiples of 4"), ("window", [8, 6], "window = [8, 6]"),
    ("window", [8, 0], "window = [8, 0]"), ("overlap", 1, "overlap = 1.0"),
    ("overlap", -0.5, "overlap = -0.5"),
    ("orientation", "RRS", "orientation = RRS"), ("spacing", [1, 1], "spacing"),
    ("spacing", [1, 0, 1], "spacing"),
    ("intensity", "hot", "intensity = hot"), ("mirrors", ["plane"], "mirrors = plane"),
    ("mirrors", ["up"], "lacks a field, or has one of another type"),
    ("classes", [["name": "a", "label": 1]] as [[String: any Sendable]], "classes = [1]"),
    ("window", "8", "lacks a field, or has one of another type"),
  ])
  func everyFieldIsChecked(key: String, value: any Sendable, line: String) throws {
    try ThresholdModel.write(to: url, dimensions: 2, window: [8, 8]) { $0[key] = value }
    let error = #expect(throws: CheckpointError.self) { try SegmentModel(contentsOf: url) }
    #expect(
      error?.code == .incompatible && error?.description.contains(line) ?? false,
      "\(String(describing: error))")
  }
}
