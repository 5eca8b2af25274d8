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
        throw ExampleFailure(.data, error.description)
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
  func evaluate(with evaluator: SegmentationEvaluator) throws -> CaseScores {
    do {
      let pair = try SegmentationPair(prediction: Self.labels(prediction), reference: Self.labels(reference))
      return evaluator.evaluate(pair, caseName: name)
    } catch let error as MetricsError {
      throw ExampleFailure(.data, error.description)
    } catch let error as MedIOError {
      throw ExampleFailure(error)
    }
  }

  /// A file of one plane is an image: its front and back are no surface.
  private static func labels(_ url: URL) throws -> LabelImage {
    let volume = try NIfTI.readLabels(from: url)
    let isImage = volume.depth == 1
    return try LabelImage(
      validating: isImage ? volume.voxels[0] : volume.voxels,
      spacingInMillimeters: Array(volume.spacing.millimeters.suffix(isImage ? 2 : 3)),
      affine: volume.affine.elements, name: url.path)
  }
}
