import Foundation
public import Tensor

extension VariedAugmentation {
  /// One view of an image `[H, W, C]` and of the label maps `[H, W]` that lie on it.
  ///
  /// - Precondition: two spatial axes, and maps of the image's size.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], using generator: inout some RandomNumberGenerator
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    shapePrecondition(image.rank == 3, "a varied view is made of an image [H, W, C], not \(image.shape)")
    for map in maps {
      shapePrecondition(
        map.shape == image.shape.removing(axis: -1),
        "a map of shape \(map.shape) does not fit an image of shape \(image.shape)")
    }
    let axes = drawMirroredAxes(using: &generator)
    return warped(
      image.mirrored(along: axes), maps: maps.map { $0.mirrored(along: axes) }, using: &generator)
  }

  /// The axes that this draw mirrors: the first step of T_var.
  func drawMirroredAxes(using generator: inout some RandomNumberGenerator) -> [Int] {
    (0..<2).filter { _ in generator.chance(mirrorProbability) }
  }

  /// The other steps of T_var: warp and brightness.
  func warped<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], using generator: inout some RandomNumberGenerator
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    var (view, views) = (image, maps)
    if generator.chance(warpProbability) {
      let positions = positions(height: image.shape[0], width: image.shape[1], using: &generator)
      view = view.read(at: positions, interpolation, border)
      views = views.map { $0.readNearest(at: positions, border) }
    }
    if let brightness { view = view * Scalar(generator.uniform(in: brightness)) }
    if let valueRange {
      let (low, high) = (Scalar(valueRange.lowerBound), Scalar(valueRange.upperBound))
      view = view.mapped { min(max($0, low), high) }
    }
    return (view, views)
  }

  /// Where each pixel p of the view is read, `[1, H, W, 2]`: `center + A (p - center + d(p) - t)`, with the elastic
  /// displacement d, the shift t, and A the inverse of turning by the angle, growing by the size factor and shearing.
  ///
  /// Source: the order of batchgenerators' `augment_spatial`; A and t as torchvision's `RandomAffine`.
  private func positions(
    height: Int, width: Int, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    let angle = generator.uniform(in: rotation)
    let size = sizeFactor.draw(using: &generator)
    let lean = tan(generator.uniform(in: shear))
    let shift = [height, width].map { length in
      let pixels = Double(length) * generator.uniform(in: translation)
      return translationRounding == .wholePixels ? pixels.rounded() : pixels
    }
    let center = [Double(height - 1) / 2, Double(width - 1) / 2]
    // A larger object is read from closer together.
    let (c, s) = (cos(angle) / size, sin(angle) / size)
    let matrix = [[c, -s], [s + lean * c, c - lean * s]]
    var displacement: Tensor<Float>?
    if let elastic {
      displacement = Tensor(
        elasticDisplacementFor: [height, width],
        magnitude: generator.uniform(in: elastic.magnitude),
        smoothness: generator.uniform(in: elastic.smoothness), method: elastic.method, using: &generator)
    }
    let start = zip(center, shift).map(+)
    let offset = zip(center, matrix).map { $0 - $1[0] * start[0] - $1[1] * start[1] }
    return AffinePixelMap(matrix: matrix, offset: offset).coordinates(
      for: [height, width], displacement: displacement)
  }
}

extension Tensor {
  /// Flipped along the axes given.
  func mirrored(along axes: [Int]) -> Tensor { axes.reduce(self) { $0.flipped(along: $1) } }

  /// A map `[H, W]` read at positions `[1, H, W, 2]`, each from the nearest pixel.
  fileprivate func readNearest(at positions: Tensor<Float>, _ border: VariedAugmentation.Border) -> Tensor {
    let view = expanded(at: 0).expanded(at: -1)
      .sampledNearest(at: positions, border: .constant(.zeroValue)).reshaped(shape)
    return border == .abrupt ? view.zeroed(where: positions) : view
  }

  /// Zeros for the pixels `[H, W, ...]` whose position lies beyond the centers of the outermost pixels.
  fileprivate func zeroed(where positions: Tensor<Float>) -> Tensor {
    let (lastRow, lastColumn) = (Float(shape[0] - 1), Float(shape[1] - 1))
    let values = shape.dimensions[2...].reduce(1, *)
    var result = self
    result.withUnsafeMutableBufferPointer { target in
      positions.withUnsafeBufferPointer { positions in
        for pixel in 0..<positions.count / 2 {
          let (row, column) = (positions[2 * pixel], positions[2 * pixel + 1])
          if row >= 0, row <= lastRow, column >= 0, column <= lastColumn { continue }
          for index in pixel * values..<(pixel + 1) * values { target[index] = .zeroValue }
        }
      }
    }
    return result
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// An image `[H, W, C]` read at positions `[1, H, W, 2]`.
  fileprivate func read(
    at positions: Tensor<Float>, _ interpolation: VariedAugmentation.ImageInterpolation,
    _ border: VariedAugmentation.Border
  ) -> Tensor {
    let formula: Interpolation =
      switch interpolation {
      case .nearest: .nearest
      case .linear: .linear
      case .cubic: .cubicSpline
      }
    let view = expanded(at: 0).sampled(
      at: Tensor(converting: positions), interpolation: formula,
      border: border == .abrupt ? .reflect : .constant(0)
    ).squeezed(at: 0)
    return border == .abrupt ? view.zeroed(where: positions) : view
  }
}
