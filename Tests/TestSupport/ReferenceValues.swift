package import Foundation
package import Tensor

/// Named arrays of reference values from an `.npz` file; every array as Double or as integers.
package struct ReferenceValues {
  private let archive: NumPyArchive

  package init(_ name: String, in bundle: Bundle) throws {
    guard let url = bundle.url(forResource: name, withExtension: "npz", subdirectory: "Fixtures") else {
      throw MissingReference(name: "\(name).npz")
    }
    archive = try NumPyArchive(contentsOf: url.path)
  }

  package var names: [String] { archive.names }

  package func contains(_ name: String) -> Bool { archive.names.contains(name) }

  /// The array of a name, converted.
  package func tensor<Scalar: TensorNumericScalar>(
    _ name: String, as type: Scalar.Type = Scalar.self
  ) throws -> Tensor<Scalar> {
    guard let array = try archive[name] else { throw MissingReference(name: name) }
    return array.tensor(convertingTo: type)
  }

  package func number(_ name: String) throws -> Double { try tensor(name, as: Double.self).item }
}

/// A reference file or array that is not there.
package struct MissingReference: Error {
  package let name: String

  package init(name: String) { self.name = name }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// `|self - reference| / |reference|` in Euclidean norms, in Double; NaN stays NaN.
  package func relativeError(to reference: Tensor<Double>) -> Double {
    precondition(shape == reference.shape, "shapes \(shape) and \(reference.shape) differ")
    let own = Tensor<Double>(converting: self)
    return (own - reference).euclideanNorm / Swift.max(reference.euclideanNorm, .leastNormalMagnitude)
  }

  /// The root of the sum of squares, in Double.
  package var euclideanNorm: Double {
    withUnsafeBufferPointer { $0.reduce(0.0) { $0 + Double($1) * Double($1) } }.squareRoot()
  }
}
