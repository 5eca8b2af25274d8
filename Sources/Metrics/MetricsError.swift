public import Tensor

/// What can be wrong with masks, labels and files that come from outside; every case names them.
public struct MetricsError: CodedError {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// Two label images have different shapes.
    case differentShapes(prediction: String, TensorShape, reference: String, TensorShape)
    /// Two label images have equal shapes and different spacings, in millimetres per axis.
    case differentSpacings(prediction: String, [Double], reference: String, [Double])
    /// Two label images have equal shapes and lie differently in space; the affines are row-major.
    case differentAffines(prediction: String, [Double], reference: String, [Double])
    /// A label image is neither an image nor a volume.
    case unsupportedRank(name: String, shape: TensorShape)
    /// A label image has no elements.
    case noElements(name: String, shape: TensorShape)
    /// A value of a label image is no integer that a label can be.
    case labelIsNotAnInteger(name: String, value: Double, index: [Int])
    /// A spacing is not one finite positive number per axis.
    case invalidSpacing(name: String, spacing: [Double])
    /// A percentile is outside 0...100.
    case percentileOutOfRange(Double)
    /// A tolerance is negative or no number.
    case invalidTolerance(Double)
    /// A folder holds no label files.
    case emptyFolder(String)
    /// A file has no partner of its name in the other folder.
    case missingPartner(file: String, folder: String)
    /// Two files of a folder have one case name.
    case duplicateCase(name: String, files: [String])
    /// Two methods were not scored on the same cases.
    case unpairedScores(first: Int, second: Int)
  }

  /// What went wrong.
  public let code: Code

  /// An error of a kind.
  public init(_ code: Code) { self.code = code }

  public var field: String? {
    switch code {
    case .differentShapes, .unsupportedRank, .noElements: "shape"
    case .differentSpacings, .invalidSpacing: "spacing"
    case .differentAffines: "affine"
    case .labelIsNotAnInteger: "labels"
    case .percentileOutOfRange: "percentile"
    case .invalidTolerance: "tolerance"
    case .emptyFolder, .missingPartner, .duplicateCase, .unpairedScores: nil
    }
  }

  public var context: String {
    switch code {
    case .differentShapes(let prediction, let first, let reference, let second):
      "the grids differ: \(prediction) is \(first), \(reference) is \(second)"
    case .differentSpacings(let prediction, let first, let reference, let second):
      "the grids differ: \(prediction) has a spacing of \(first) mm, \(reference) of \(second) mm"
    case .differentAffines(let prediction, let first, let reference, let second):
      "the grids differ: \(prediction) lies at \(first), \(reference) at \(second) (affines, row by row)"
    case .unsupportedRank(let name, let shape):
      "\(name) is \(shape); labels are [height, width] or [depth, height, width]"
    case .noElements(let name, let shape):
      "\(name) is \(shape): it has no elements"
    case .labelIsNotAnInteger(let name, let value, let index):
      "\(name) holds \(value) at \(index): labels are integers from \(Int32.min) to \(Int32.max)"
    case .invalidSpacing(let name, let spacing):
      "\(name) has a spacing of \(spacing) mm: it needs a finite positive number per axis"
    case .percentileOutOfRange(let percentile):
      "a percentile is in 0...100, not \(percentile)"
    case .invalidTolerance(let tolerance):
      "a tolerance is a number of millimetres from 0 up, not \(tolerance)"
    case .emptyFolder(let folder):
      "\(folder) holds no label files"
    case .missingPartner(let file, let folder):
      "\(file) has no partner of its name in \(folder)"
    case .duplicateCase(let name, let files):
      "several files are the case \(name): \(files.joined(separator: ", "))"
    case .unpairedScores(let first, let second):
      "a paired comparison needs the same cases on both sides, not \(first) and \(second)"
    }
  }
}
