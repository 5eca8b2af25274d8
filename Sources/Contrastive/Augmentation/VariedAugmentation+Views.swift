public import Tensor

extension VariedAugmentation {
  /// One view of an image `[H, W, C]` and of the label maps `[H, W]` that lie on it, or of a volume `[D, H, W, C]` and maps
  /// `[D, H, W]`. A volume of depth 1 is its image, to the bit.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - maps: Label maps that move along.
  ///   - spacing: Where it is known, the image turns, grows and bends in millimetres: thick slices keep their shape.
  ///   - generator: The source of randomness.
  /// - Precondition: two or three spatial axes, and maps and a spacing of the image's.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], spacing: VoxelSpacing? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    shapePrecondition(
      image.rank == 3 || image.rank == 4,
      "a varied view is made of an image [H, W, C] or a volume [D, H, W, C], not \(image.shape)")
    for map in maps {
      shapePrecondition(
        map.shape == image.shape.removing(axis: -1),
        "a map of shape \(map.shape) does not fit an image of shape \(image.shape)")
    }
    let axes = drawMirroredAxes(of: image, using: &generator)
    return warped(
      image.mirrored(along: axes), maps: maps.map { $0.mirrored(along: axes) }, spacing: spacing,
      using: &generator)
  }

  /// The axes of an image that this draw mirrors: the first step of T_var. An axis of one plane is not asked.
  func drawMirroredAxes<Scalar>(
    of image: Tensor<Scalar>, using generator: inout some RandomNumberGenerator
  ) -> [Int] {
    let first = image.rank == 4 && image.shape[0] == 1 ? 1 : 0
    return (first..<image.rank - 1).filter { _ in generator.chance(mirrorProbability) }
  }

  /// The other steps of T_var: warp and brightness.
  func warped<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], spacing: VoxelSpacing? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    shapePrecondition(
      spacing.map { $0.rank == image.rank - 1 } ?? true,
      "a spacing of \(String(describing: spacing)) does not fit an image of shape \(image.shape)")
    if image.rank == 4, image.shape[0] == 1 {
      let plane = warped(
        image.squeezed(at: 0), maps: maps.map { $0.squeezed(at: 0) }, spacing: spacing?.withinPlanes,
        using: &generator)
      return (plane.image.expanded(at: 0), plane.maps.map { $0.expanded(at: 0) })
    }
    var (view, views) = (image, maps)
    if generator.chance(warpProbability) {
      let positions = positions(Array(image.shape.dimensions.dropLast()), spacing, using: &generator)
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
}

extension Tensor {
  /// Flipped along the axes given.
  func mirrored(along axes: [Int]) -> Tensor { axes.reduce(self) { $0.flipped(along: $1) } }

  /// A map `[spatial...]` read at positions `[1, spatial..., axes]`, each from the nearest pixel.
  fileprivate func readNearest(at positions: Tensor<Float>, _ border: VariedAugmentation.Border) -> Tensor {
    let view = expanded(at: 0).expanded(at: -1)
      .sampledNearest(at: positions, border: .constant(.zeroValue)).reshaped(shape)
    return border == .abrupt ? view.zeroed(where: positions) : view
  }

  /// Zeros for the pixels `[spatial..., ...]` whose position lies beyond the centers of the outermost pixels.
  fileprivate func zeroed(where positions: Tensor<Float>) -> Tensor {
    let axes = positions.shape[-1]
    let last = shape.dimensions[..<axes].map { Float($0 - 1) }
    let values = shape.dimensions[axes...].reduce(1, *)
    var result = self
    result.withUnsafeMutableBufferPointer { target in
      positions.withUnsafeBufferPointer { positions in
        for pixel in 0..<positions.count / axes {
          var isInside = true
          for axis in 0..<axes {
            let place = positions[axes * pixel + axis]
            isInside = isInside && place >= 0 && place <= last[axis]
          }
          if isInside { continue }
          for index in pixel * values..<(pixel + 1) * values { target[index] = .zeroValue }
        }
      }
    }
    return result
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// An image `[spatial..., C]` read at positions `[1, spatial..., axes]`.
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
