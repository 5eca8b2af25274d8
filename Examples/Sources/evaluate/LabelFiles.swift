import ExampleSupport
import Foundation
import MedIO
import Metrics
import Tensor

/// The label files to compare: one pair, or those of two folders.
struct LabelFiles {
  static let extensions = [".nii", ".nii.gz", ".hdr", ".hdr.gz"]

  /// A case's two files.
  struct Case {
    let name: String
    let prediction: URL
    let reference: URL
  }

  let cases: [Case]

  init(prediction: String, reference: String) throws {
    let kinds = try (Self.isFolder(prediction), Self.isFolder(reference))
    switch kinds {
    case (false, false):
      let file = URL(fileURLWithPath: prediction)
      cases = [
        Case(name: file.lastPathComponent, prediction: file, reference: URL(fileURLWithPath: reference))
      ]
    case (true, true):
      let pairing: CasePairing
      do {
        pairing = try CasePairing(
          predictions: try Self.files(in: prediction), in: prediction,
          references: try Self.files(in: reference),
          in: reference, extensions: Self.extensions)
      } catch let error as MetricsError {
        throw ExampleFailure(.data, "\(error)")
      }
      cases = pairing.pairs.map { pair in
        Case(
          name: pair.name,
          prediction: URL(fileURLWithPath: prediction).appendingPathComponent(pair.prediction),
          reference: URL(fileURLWithPath: reference).appendingPathComponent(pair.reference))
      }
    default:
      throw ExampleFailure(
        .usage, "give two files or two folders, not \(prediction) and \(reference)")
    }
  }

  private static func isFolder(_ path: String) throws -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ExampleFailure(.noInput, "\(path): no such file or folder")
    }
    return isFolder.boolValue
  }

  private static func files(in folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
        !name.hasPrefix(".") && extensions.contains { name.hasSuffix($0) }
      }
    } catch {
      throw ExampleFailure(.noInput, "\(folder): cannot be read")
    }
  }
}

extension LabelFiles.Case {
  /// Scores the pair, and says what was noticed of its files.
  func evaluate(
    with evaluator: SegmentationEvaluator, options: NIfTIReadOptions, say: (MedIOFileWarning) -> Void
  ) throws -> CaseScores {
    do {
      let pair = try SegmentationPair(
        prediction: Self.labels(prediction, options, say), reference: Self.labels(reference, options, say))
      return evaluator.evaluate(pair, caseName: name)
    } catch let error as MetricsError {
      throw ExampleFailure(.data, "\(error)")
    } catch let error as MedIOError {
      throw ExampleFailure(error)
    }
  }

  /// A volume with an axis of one voxel, whichever it is, is scored as an image by `SurfaceDistances`.
  private static func labels(
    _ url: URL, _ options: NIfTIReadOptions, _ say: (MedIOFileWarning) -> Void
  ) throws -> LabelImage {
    let volume = try NIfTI.readLabels(from: url, options: options)
    for warning in volume.warnings { say(MedIOFileWarning(path: url.path, warning: warning)) }
    return try LabelImage(
      validating: volume.voxels, spacingInMillimeters: volume.spacing.millimeters,
      affine: volume.affine.elements, name: url.path)
  }
}
