import Foundation
import Tensor

extension VariedAugmentation {
  /// Where each pixel p of the view is read, `[1, spatial..., axes]`: `center + A (p - center + d(p) - t)`, with the elastic
  /// displacement d, the shift t, and A the inverse of turning by the angles, growing by the size factor and shearing.
  ///
  /// Of a volume A is the product of the turn, growth and shear within planes, the tilt about the row axis and that about
  /// the column axis. With a spacing s it turns in millimetres: `s^-1 A s`.
  ///
  /// Source: the order of batchgenerators' `augment_spatial`; A and t of images as torchvision's `RandomAffine`.
  func positions(
    _ lengths: [Int], _ spacing: VoxelSpacing?, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    let angle = generator.uniform(in: rotation)
    let tilts = lengths.count == 3 ? (0..<2).map { _ in generator.uniform(in: tilt) } : []
    let size = sizeFactor.draw(using: &generator)
    let lean = tan(generator.uniform(in: shear))
    let shift = lengths.map { length in
      let pixels = Double(length) * generator.uniform(in: translation)
      return translationRounding == .wholePixels ? pixels.rounded() : pixels
    }
    let center = lengths.map { Double($0 - 1) / 2 }
    // A larger object is read from closer together.
    let (c, s) = (cos(angle) / size, sin(angle) / size)
    var matrix = [[c, -s], [s + lean * c, c - lean * s]]
    if !tilts.isEmpty {
      matrix = [[1 / size, 0, 0]] + matrix.map { [0] + $0 }
      matrix = matrix.times(.rotation(of: 0, 2, by: tilts[0])).times(.rotation(of: 0, 1, by: tilts[1]))
    }
    if let spacing, !spacing.isIsotropic {
      matrix = matrix.enumerated().map { axis, row in
        row.enumerated().map { $0.element * spacing[$0.offset] / spacing[axis] }
      }
    }
    let displacement = elastic?.displacement(lengths, spacing, using: &generator)
    let start = zip(center, shift).map(+)
    let offset = zip(center, matrix).map { middle, row in
      zip(row, start).reduce(middle) { $0 - $1.0 * $1.1 }
    }
    return AffinePixelMap(matrix: matrix, offset: offset).coordinates(
      for: lengths, displacement: displacement)
  }
}

extension VariedAugmentation.Elastic {
  /// A random field `[1, spatial..., axes]`, in pixels along each axis.
  ///
  /// Smoothing noise of n axes with sigma pixels along each leaves `(2 sqrt(pi) sigma)^(-n/2)` of it, so that of alpha pixels
  /// an image moves by `alpha / (sqrt(3) 2 sqrt(pi) sigma)`. A volume moves by as much, not by the seventh that one more
  /// axis would leave: there the noise is multiplied by what it lacks.
  func displacement(
    _ lengths: [Int], _ spacing: VoxelSpacing?, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    let magnitude = generator.uniform(in: self.magnitude)
    let smoothness = generator.uniform(in: self.smoothness)
    // One unit of the ranges in pixels of each axis.
    let units: [Double]
    switch (unit, spacing) {
    case (.pixels, nil), (.millimeters, nil): units = [Double](repeating: 1, count: lengths.count)
    case (.pixels, let spacing?): units = spacing.finestOverAxes
    case (.millimeters, let spacing?): units = spacing.millimeters.map { 1 / $0 }
    }
    guard lengths.count != 2 || units != [1, 1] else {
      return Tensor(
        elasticDisplacementFor: lengths, magnitude: magnitude, smoothness: smoothness, method: method,
        using: &generator)
    }
    // What is left of the noise's square along an axis; without smoothing all of it.
    func left(_ sigma: Double) -> Double { 1 / max(1, 2 * Double.pi.squareRoot() * sigma) }
    let sigmas = units.map { smoothness * $0 }
    let gain = left(smoothness) / sigmas.reduce(1) { $0 * left($1) }.squareRoot()
    let field = Tensor<Float>(
      elasticDisplacementFor: lengths, magnitude: magnitude * gain, smoothness: sigmas, method: method,
      using: &generator)
    return units.allSatisfy { $0 == 1 } ? field : field * Tensor(units.map { Float($0) })
  }
}

extension [[Double]] {
  /// The rotation of three axes that turns the one toward the other, by rows.
  fileprivate static func rotation(of first: Int, _ second: Int, by angle: Double) -> [[Double]] {
    var matrix: [[Double]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    (matrix[first][first], matrix[first][second]) = (cos(angle), -sin(angle))
    (matrix[second][first], matrix[second][second]) = (sin(angle), cos(angle))
    return matrix
  }

  /// The matrix product.
  fileprivate func times(_ other: [[Double]]) -> [[Double]] {
    map { row in
      other.indices.map { column in zip(row, other).reduce(0) { $0 + $1.0 * $1.1[column] } }
    }
  }
}
