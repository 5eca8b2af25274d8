import Contrastive
import ExampleSupport
import ExampleTestSupport
import Foundation
import MedIO
import QuickstartKit
import RunKit
import Tensor
import Testing

/// What a person meets who brings an own volume: odd values, odd files, and what the report makes of them.
@Suite struct FirstContactTests {
  /// Sets the voxels of an image file for which `condition` holds, at (slice, row, column), to `value`.
  private func replace(
    in url: URL, with value: Float, where condition: (Int, Int, Int) -> Bool
  ) throws -> Int {
    let volume = try NIfTI.read(Float.self, from: url)
    var voxels = volume.voxels.scalars
    var count = 0
    for index in voxels.indices {
      let (slice, place) = index.quotientAndRemainder(dividingBy: volume.height * volume.width)
      if condition(slice, place / volume.width, place % volume.width) {
        voxels[index] = value
        count += 1
      }
    }
    try NIfTI.write(volume.with(voxels: Tensor(voxels, shape: volume.voxels.shape)), to: url)
    return count
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func voxelsThatAreNotFiniteCountAsBackgroundAndAreSaid(_ value: Float) throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    let plain = try SmallRun.data(request)
    // Outside the bright boxes, as skull stripping leaves it; their darkest neighbors are 0, the window's lower end.
    let count = try replace(in: request.image, with: value) { _, row, _ in row < 8 }
    let data = try SmallRun.data(request)
    #expect(data.intensities.isIdentical(to: plain.intensities))
    #expect(data.window == plain.window)
    let note = try #require(data.notes.first)
    #expect(data.notes.count == 1)
    #expect(note.hasPrefix("\(request.image.path): \(count) of 25600 voxels are not finite"))
    #expect(note.contains("none of them with a label"))
  }

  @Test func aRunWithNaNInTestSlicesOfTheBodyEndsWithANote() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    let test = try SmallRun.data(request).split.slices(of: .test)
    let count = try replace(in: request.image, with: .nan) { slice, row, _ in test.contains(slice) && row < 16
    }
    let said = try SmallRun.run(request)
    let note = try #require(said.warnings.first { $0.contains("not finite") })
    #expect(note.contains("\(count) of 25600 voxels"))
    // Rows 8 to 15 carry labels in 14 of 16 columns.
    #expect(note.contains("\(test.count * 8 * 14) of them with a label"))
    #expect(try (SmallRun.report(request)["notes"] as? [String])?.contains(note) == true)
    #expect(try SmallRun.page(request).contains(note))
  }

  @Test func refusedVoxelsAreOneLineWithFileAndNumber() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    let count = try replace(in: request.image, with: .nan) { slice, row, column in
      slice == 7 && row == 1 && column < 3
    }
    request.nonFiniteVoxels = .refused
    let failure = try #require(throws: ExampleFailure.self) { try SmallRun.data(request) }
    #expect(failure.kind == .data)
    #expect(failure.description.contains(request.image.path))
    #expect(failure.description.contains("\(count) voxels"))
  }

  @Test func aVolumeWithoutAFiniteVoxelIsRefused() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    _ = try replace(in: request.image, with: .nan) { _, _, _ in true }
    let failure = try #require(throws: ExampleFailure.self) { try SmallRun.data(request) }
    #expect(failure.kind == .data)
    #expect(failure.description == "\(request.image.path): no voxel of the training slices is finite")
  }

  @Test func aPictureOfValuesThatAreNotFiniteIsBlackThere() {
    let image = Tensor<Float>([.nan, .infinity, -.infinity, 1], shape: [2, 2])
    let picture = Picture(image: image, classes: nil, classCount: 1)
    #expect(picture.pixels == [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 255])
  }

  @Test func whatBothReadersNoticedIsSaidAndReported() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    for url in [request.image, request.labels] {
      try (Data(contentsOf: url) + Data([1, 2, 3])).write(to: url)
    }
    let said = try SmallRun.run(request)
    let notes = try #require(try SmallRun.report(request)["notes"] as? [String])
    for expected in [
      "\(request.image.path): 3 bytes after the gzip stream",
      "\(request.labels.path): 3 bytes after the voxels",
    ] {
      #expect(said.warnings.contains(expected))
      #expect(notes.contains(expected))
      #expect(try SmallRun.page(request).contains(expected))
    }
  }

  @Test func aQuickRunSaysSoAndPrintsNoInterval() throws {
    let folder = try SmallRun.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var request = try SmallRun.request(in: folder, depth: 40, classes: 2)
    for isQuick in [false, true] {
      request.isQuick = isQuick
      let lines = try SmallRun.run(request).lines
      let (page, report) = try (SmallRun.page(request), SmallRun.report(request))
      #expect(report["kind"] as? String == (isQuick ? "quick" : "full"))
      let differences = try #require(report["differences"] as? [[String: Any]])
      #expect(differences.count == 1)
      #expect(differences.allSatisfy { ($0["low"] == nil) == isQuick && ($0["high"] == nil) == isQuick })
      #expect(page.contains("interval") == !isQuick)
      #expect(page.contains("&plusmn;") == !isQuick)
      #expect(page.contains("This is a quick run") == isQuick)
      #expect(lines.first?.contains("quick run") == isQuick)
      #expect(lines.contains { $0.contains("interval") || $0.contains("+-") } == !isQuick)
    }
  }

  @Test(arguments: [
    ("[1]", "must be a JSON object"), ("{", "the end of the text is no string"),
    (#"{"with": 3}"#, "with: there is no such field"),
    (#"{"augmentation": {"rotatoin": [0, 1]}}"#, "augmentation.rotatoin: there is no such field"),
    (
      #"{"candidates": [{"learningRate": 0.001, "steps": 5, "batch": 3}]}"#,
      "candidates.0.batch: there is no such field"
    ),
    (#"{"width": 8, "slabLength": 4, "width": 16}"#, #"the key "width" stands twice"#),
    (
      #"{"candidates": [{"steps": 5, "learningRate": 1, "steps": 6}]}"#,
      #"candidates: the key "steps" stands twice"#
    ),
    (#"{"width": "wide"}"#, #"width = "wide": must be a whole number"#), (#"{"width": 0}"#, "width = 0"),
    (#"{"width": 16.5, "slabLength": 4}"#, "width = 16.5: must be a whole number in the field"),
    (
      #"{"candidates": [{"learningRate": 1, "steps": 1e30}]}"#,
      "candidates.0.steps = 1e+30: must be a whole number in the field"
    ),
    (
      #"{"candidates": [{"learningRate": 0.5, "steps": 5}, {"learningRate": 1, "steps": 2.5}, {"learningRate": 1, "steps": 0.5}]}"#,
      "candidates.1.steps = 2.5: must be a whole number in the field"
    ),
    (
      #"{"candidates": [{"learningRate": 1, "steps": 10000000000000000000}]}"#,
      "candidates.0.steps = 10000000000000000000: must be a whole number in the field"
    ),
    (#"{"pretrainingRate": 1e400}"#, "pretrainingRate: is a number that no Double holds"),
    (#"{"pretrainingRate": -1}"#, "pretrainingRate = -1.0"), (#"{"candidates": []}"#, "candidates = []"),
    (#"{"widht": null}"#, "widht: there is no such field"),
    (#"{"augmentation": {"warpProbability": 1.5}}"#, "augmentation.warpProbability = 1.5: must lie in 0...1"),
    (
      #"{"augmentation": {"sizeFactor": {"reciprocal": {"of": [0, 1]}}}}"#, "sizeFactor = 0.0...1.0: must lie"
    ),
    (#"{"candidates": [{"learningRate": 0.001, "steps": 0}]}"#, "candidates.0.steps = 0: must be at least 1"),
  ])
  func settingsWithWhichNothingCanBeTrainedAreRefused(json: String, expected: String) throws {
    let failure = try #require(throws: ExampleFailure.self) {
      try Settings().replacing(from: Data(json.utf8), path: "numbers.json")
    }
    #expect(failure.kind == .data)
    #expect(failure.description.hasPrefix("numbers.json: "), "\(failure)")
    #expect(failure.description.contains(expected), "\(failure)")
  }

  /// Part of an object stays; an enum's other case takes the place of the one before; null takes a value away.
  @Test func settingsAreReplacedPartByPart() throws {
    let json = #"""
      {"augmentation": {
        "warpProbability": 0.5, "sizeFactor": {"reciprocal": {"of": [0.8, 1.2]}}, "brightness": null, "elastic": null
      }}
      """#
    var settings = Settings()
    (settings.augmentation.brightness, settings.augmentation.elastic) = (0.5...1, .init())
    settings = try settings.replacing(from: Data(json.utf8), path: "numbers.json")
    var expected = Settings()
    expected.augmentation.warpProbability = 0.5
    expected.augmentation.sizeFactor = .reciprocal(of: 0.8...1.2)
    #expect(settings == expected)
  }

  /// Of two equal keys a reader keeps one: a run with the other number would be another run.
  @Test func aSettingThatStandsTwiceEndsTheProgramWithOneLine() throws {
    let program = try ExampleProgram("quickstart")
    try Data(#"{"width": 8, "width": 16}"#.utf8).write(to: program.folder.appending(path: "twice.json"))
    let outcome = try program.run("--settings", "twice.json", "--output", "out")
    #expect(outcome.code == 65 && outcome.errorLines == 1 && outcome.output.isEmpty, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix(#"quickstart: twice.json: settings: the key "width" stands twice"#))
  }

  /// A CT's window begins with a minus, as an option does.
  @Test func aWindowMayBeginWithAMinus() throws {
    let program = try ExampleProgram("quickstart")
    let outcome = try program.run("--image", "no.nii", "--labels", "no.nii", "--window", "-160...240")
    #expect(outcome.code == 66 && outcome.errors.contains("no.nii"), "\(outcome.errors)")
  }
}
