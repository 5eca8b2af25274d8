import Contrastive
import Foundation
import Tensor
import Testing

// Formulas as they are written, on arrays in Double: what the losses are compared with.

/// The rows of a matrix.
func arrays<Scalar: TensorFloatingPointScalar>(_ rows: Tensor<Scalar>) -> [[Double]] {
  (0..<rows.shape[0]).map { rows[$0].scalars.map(Double.init) }
}

func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

func unit(_ rows: [[Double]]) -> [[Double]] {
  rows.map { row in row.map { $0 / dot(row, row).squareRoot() } }
}

func squaredDistance(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// Whether a value is a reference within the tolerance of check values.
func expectClose<Scalar: TensorFloatingPointScalar>(
  _ value: Double, _ expected: Double, _ type: Scalar.Type, _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    abs(value - expected) <= tolerance(of: expected, type), "\(name) \(type): \(value), expected \(expected)",
    sourceLocation: sourceLocation)
}
