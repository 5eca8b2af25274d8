public import ExampleSupport
public import Foundation
import MedIO
import NN
public import RunKit
import Tensor

/// `segment predict`: labels, volumes in millilitres and pictures of files, from a model's file alone.
public struct SegmentPredictionRun {
  /// The model's file.
  public var model: String
  /// Files and folders.
  public var images: [String]
  public var output: URL
  public var resampling = PredictionResampling.labels
  /// Whether the classes' probabilities are written, too.
  public var writesProbabilities = false
  public var view = AnatomicalView.radiological
  private let progress: RunProgress

  public init(model: String, images: [String], output: URL, progress: RunProgress) {
    (self.model, self.images, self.output, self.progress) = (model, images, output, progress)
  }

  /// Predicts file after file. What is written is whole: an interrupted run leaves the files that were done, and the table of
  /// them.
  ///
  /// - Returns: How long it took.
  /// - Throws: ``ExampleFailure``; ``Interruption``.
  @discardableResult public func run() throws -> PredictionTime {
    let model = try givingExitCodes { try SegmentModel(contentsOf: InputFile(self.model).url) }
    var predictor = SegmentPredictor(model)
    predictor.resampling = resampling
    let files = try namedFiles()
    // All headers are looked at before the first prediction.
    for (file, _) in files {
      try givingExitCodes { try FileChecks.check(NIfTI.readInformation(from: file), path: file.path) }
    }
    do {
      try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    } catch {
      throw ExampleFailure(.cannotCreate, "\(output.path): cannot be made")
    }
    var volumes = ClassVolumes()
    var time = PredictionTime()
    for (index, (file, name)) in files.enumerated() {
      try progress.checkInterruption()
      progress.note("\(file.path) (\(index + 1) of \(files.count))")
      time.add(try givingExitCodes { try predict(file, name, predictor, &volumes) })
      try writeOutput(volumes.csv, to: output.appending(path: "volumes.csv"))
      progress.note(volumes.text(of: file.path))
    }
    progress.note("table: \(output.appending(path: "volumes.csv").path)")
    return time
  }

  /// The files with the names of what is written of them: those of folders by their paths in it.
  private func namedFiles() throws -> [(file: URL, name: String)] {
    let files = try InputVolumes(images, option: "FILE-OR-FOLDER").files
    let roots = images.map { URL(filePath: $0).standardizedFileURL.path + "/" }
    let named = files.map { file -> (file: URL, name: String) in
      let path = file.standardizedFileURL.deletingLastPathComponent().path + "/"
      let folders = roots.first(where: path.hasPrefix).map { path.dropFirst($0.count) } ?? ""
      let name = (folders.split(separator: "/").map(String.init) + [InputVolumes.name(of: file)])
      return (file, name.joined(separator: "-"))
    }
    let names = Dictionary(grouping: named, by: \.name)
    if let twins = names.values.filter({ $0.count > 1 }).min(by: { $0[0].name < $1[0].name }) {
      throw ExampleFailure(
        .usage,
        "\(twins[0].file.path) and \(twins[1].file.path) would both be written as \(twins[0].name)-labels.nii.gz"
      )
    }
    return named
  }

  private func predict(
    _ file: URL, _ name: String, _ predictor: SegmentPredictor, _ volumes: inout ClassVolumes
  ) throws -> PredictionTime {
    let description = predictor.model.description
    let reader = try NIfTISliceReader(file, options: description.readOptions)
    let clock = ContinuousClock.now
    var networkSeconds = 0.0
    var found = ClassVolumes.Counter(description, file: file.path)
    var frames: [Volume<Int32>] = []
    for frame in 0..<reader.frameCount {
      var last: InferenceProgress?
      let report = progress.reporter(ofWindows: reader.frameCount > 1 ? "volume \(frame)" : "prediction")
      let probabilities =
        writesProbabilities
        ? output.appending(path: "\(name)-probabilities\(reader.frameCount > 1 ? "-\(frame)" : "").nii") : nil
      let classes = try predictor.classes(
        of: Self.volume(reader, frame), path: file.path, probabilities: probabilities
      ) { state in
        last = state
        return report(state)
      }
      networkSeconds += last?.networkSeconds ?? 0
      found.add(classes, frame: frame)
      if frame == 0 {
        let cuts = try PlaneCuts(
          file, classes: classes, classCount: description.classes.count, view: view,
          options: description.readOptions)
        for (plane, picture) in cuts.pictures {
          try picture.writePNG(to: output.appending(path: "\(name)-\(plane).png"))
        }
      }
      frames.append(description.labelled(classes))
    }
    for warning in reader.warnings { progress.warn("\(file.path): \(warning)") }
    let labels = output.appending(path: "\(name)-labels.nii.gz")
    try NIfTI.write(
      Self.series(frames, shape: reader), to: labels, options: .init(datatype: description.labelDatatype))
    volumes.add(found)
    let time = PredictionTime(
      seconds: (ContinuousClock.now - clock) / .seconds(1), networkSeconds: networkSeconds)
    progress.note("  labels: \(labels.path)\n  \(time)")
    return time
  }

  /// One volume of a file, with its header.
  private static func volume(_ reader: NIfTISliceReader, _ frame: Int) throws(MedIOError) -> Volume<Float> {
    let grid = reader.grid
    let size = grid.height * grid.width
    let voxels = try Tensor<Float>(shape: grid.shape) { (buffer) throws(MedIOError) in
      for plane in 0..<grid.depth {
        let slice = try reader.slice(Float.self, at: plane, frame: frame)
        slice.withUnsafeBufferPointer { values in
          for index in 0..<size { buffer[plane * size + index] = values[index] }
        }
      }
    }
    var volume = Volume(voxels: voxels, affine: grid.affine)
    volume.header = reader.header
    return volume
  }

  /// The volumes of a series in one file, as the input has them.
  private static func series(_ frames: [Volume<Int32>], shape reader: NIfTISliceReader) -> Volume<Int32> {
    guard frames.count > 1 else { return frames[0] }
    // The axes of the file in front of a volume's three, the slowest first.
    let lengths = Array(reader.header.lengths.dropFirst(3).reversed())
    let voxels = Tensor(stacking: frames.map(\.voxels))
    return frames[0].with(voxels: voxels.reshaped(lengths + frames[0].voxels.shape.dimensions))
  }
}

/// How long predictions took.
public struct PredictionTime: Sendable, CustomStringConvertible {
  /// From the first look at a file to the last byte written.
  public internal(set) var seconds = 0.0
  /// Of these in the network's forward pass.
  public internal(set) var networkSeconds = 0.0

  mutating func add(_ other: PredictionTime) {
    seconds += other.seconds
    networkSeconds += other.networkSeconds
  }

  public var description: String {
    String(format: "%.1f s, %.0f %% of it in the network", seconds, 100 * networkSeconds / max(seconds, 1e-9))
  }
}

extension ModelDescription {
  /// The labels of files in place of classes.
  func labelled(_ classes: Volume<Int32>) -> Volume<Int32> {
    let labels = self.classes.map(\.label)
    if labels == Array(0..<Int32(labels.count)) { return classes }
    return classes.with(
      voxels: Tensor(shape: classes.voxels.shape) { target in
        classes.voxels.withUnsafeBufferPointer { source in
          for index in target.indices { target[index] = labels[Int(source[index])] }
        }
      })
  }

  /// The smallest type that has all labels.
  var labelDatatype: NIfTIDatatype {
    let labels = classes.map(\.label)
    if labels.allSatisfy({ (0...255).contains($0) }) { return .uint8 }
    return labels.allSatisfy { Int16(exactly: $0) != nil } ? .int16 : .int32
  }
}
