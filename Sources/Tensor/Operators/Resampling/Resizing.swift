extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Images `[N, H, W, C]` or volumes `[N, D, H, W, C]` with other spatial lengths.
  ///
  /// Beyond the border the nearest pixel stands in. When an image is made smaller, linear and cubic
  /// interpolation skip pixels: smooth it first (``gaussianSmoothed(standardDeviations:radius:border:)``) or
  /// use ``Interpolation/area``.
  ///
  ///     images.resized(to: [64, 64])
  ///     images.resized(to: [64, 64], interpolation: .cubicSpline, coordinates: .alignedCorners)
  ///
  /// - Parameters:
  ///   - lengths: The new spatial lengths, `[H, W]` or `[D, H, W]`.
  ///   - interpolation: The formula between pixel centers.
  ///   - coordinates: Where the new pixels lie.
  /// - Precondition: `rank - 2` lengths; no axis of length 0 grows.
  /// - Complexity: linear in the tensor before and after, times the weights a pixel: 2 for linear, 4 for
  ///   cubic convolution, about 35 (`Float`) or 65 (`Double`) for the spline.
  public func resized(
    to lengths: [Int], interpolation: Interpolation = .linear,
    coordinates: CoordinateConvention = .halfPixelCenters
  ) -> Tensor {
    if interpolation == .nearest { return resizedNearest(to: lengths, coordinates: coordinates) }
    return SeparableOperator.resizing(
      shape, to: lengths, interpolation: interpolation, coordinates: coordinates
    ).applied(to: self)
  }

  /// The tensor resampled along one axis at the positions `offset + scale * i`, for `i` from 0 up to
  /// `length`.
  ///
  /// What a change of voxel spacing needs: from spacing `a` to `b`, first centers aligned, `scale` is `b / a`
  /// and `offset` 0.
  ///
  /// - Precondition: `scale` and `offset` are finite; an axis of length 0 stays so; the interpolation is not
  ///   ``Interpolation/area``.
  public func resampled(
    along axis: Int, to length: Int, scale: Double, offset: Double, interpolation: Interpolation = .linear,
    border: BorderMode<Scalar> = .edge
  ) -> Tensor {
    if interpolation == .nearest {
      return resampledNearest(along: axis, to: length, scale: scale, offset: offset, border: border)
    }
    return AxisOperator.interpolating(
      from: shape[axis], to: length, interpolation: interpolation, border: border
    ) { offset + scale * Double($0) }.applied(to: self, along: axis)
  }
}

extension Tensor {
  /// Images or volumes of any scalar, labels above all, with other spatial lengths: every new pixel is one
  /// of the old ones.
  ///
  /// The convention decides which: reducing by a whole factor `s` takes pixel `s i` with
  /// ``CoordinateConvention/cornerOrigin`` and pixel `s i + s / 2` with
  /// ``CoordinateConvention/halfPixelCenters``.
  ///
  /// - Precondition: `rank - 2` lengths; no axis of length 0 grows.
  public func resizedNearest(
    to lengths: [Int], coordinates: CoordinateConvention = .halfPixelCenters
  ) -> Tensor {
    shape.checkSpatial(lengths)
    var result = self
    for axis in shape.resizingOrder(to: lengths) {
      let (source, target) = (shape[axis], lengths[axis - 1])
      shapePrecondition(
        source > 0 || target == 0, "axis \(axis) of a tensor of shape \(shape) cannot grow to \(target)")
      result = result.gatheringRows(
        along: axis, (0..<target).map { coordinates.nearest(of: $0, from: source, to: target) })
    }
    return result
  }

  /// The tensor resampled along one axis with the elements nearest to the positions `offset + scale * i`.
  ///
  /// - Precondition: `scale` and `offset` are finite; an axis of length 0 stays so.
  public func resampledNearest(
    along axis: Int, to length: Int, scale: Double, offset: Double, border: BorderMode<Scalar> = .edge
  ) -> Tensor {
    let axis = shape.normalized(axis: axis)
    let source = shape[axis]
    shapePrecondition(
      source > 0 || length == 0, "axis \(axis) of a tensor of shape \(shape) cannot grow to \(length)")
    let indices = (0..<length).map { index in
      border.source(
        of: Interpolation.nearest.firstTap(at: offset + scale * Double(index)), length: source) ?? -1
    }
    guard case .constant(let value) = border else { return gatheringRows(along: axis, indices) }
    return gatheringRows(along: axis, indices, fill: value)
  }

  /// Images or volumes with every pixel repeated `factor` times along each spatial axis.
  ///
  ///     features.upsampledNearest(by: 2)    // [N, H, W, C] to [N, 2 H, 2 W, C]
  ///
  /// - Precondition: rank of at least 3, `factor` of at least 1.
  public func upsampledNearest(by factor: Int = 2) -> Tensor {
    shapePrecondition(rank >= 3, "a tensor of shape \(shape) is no batch of images")
    shapePrecondition(factor >= 1, "an upsampling factor is at least 1, not \(factor)")
    var lengths: [Int] = []
    var strides: [Int] = []
    for (axis, stride) in shape.strides.enumerated() {
      lengths.append(shape.dimensions[axis])
      strides.append(stride)
      if axis > 0 && axis < rank - 1 {
        lengths.append(factor)
        strides.append(0)
      }
    }
    return gatheringStrided(to: TensorShape(lengths), start: 0, strides: strides)
      .reshaped(shape.upsampled(by: factor))
  }
}

extension TensorShape {
  /// The shape of a batch of images after an upsampling by a whole factor.
  package func upsampled(by factor: Int) -> TensorShape {
    TensorShape(
      dimensions.enumerated().map { $0 > 0 && $0 < rank - 1 ? $1 * factor : $1 })
  }

  package func checkSpatial(_ lengths: [Int]) {
    shapePrecondition(
      rank >= 3 && lengths.count == rank - 2 && lengths.allSatisfy { $0 >= 0 },
      "spatial lengths \(lengths) do not fit a batch of shape \(self)")
  }

  /// The spatial axes whose length changes, those that shrink most first.
  func resizingOrder(to lengths: [Int]) -> [Int] {
    (1..<rank - 1).filter { dimensions[$0] != lengths[$0 - 1] }.sorted {
      lengths[$0 - 1] * dimensions[$1] < lengths[$1 - 1] * dimensions[$0]
    }
  }
}

extension SeparableOperator {
  /// The maps of ``Tensor/resized(to:interpolation:coordinates:)``.
  package static func resizing(
    _ shape: TensorShape, to lengths: [Int], interpolation: Interpolation, coordinates: CoordinateConvention
  ) -> SeparableOperator {
    shape.checkSpatial(lengths)
    return SeparableOperator(
      shape.resizingOrder(to: lengths).map { axis in
        let (source, target) = (shape[axis], lengths[axis - 1])
        switch interpolation {
        case .area:
          return (
            axis,
            AxisOperator(from: source, to: target, border: .edge) { index in
              let first = index * source / target
              let count = ((index + 1) * source + target - 1) / target - first
              return (first, Array(repeating: 1 / Double(count), count: count))
            }
          )
        case .nearest:
          return (
            axis,
            AxisOperator(from: source, to: target, border: .edge) { index in
              (coordinates.nearest(of: index, from: source, to: target), [1])
            }
          )
        default:
          return (
            axis,
            .interpolating(from: source, to: target, interpolation: interpolation, border: .edge) {
              coordinates.position(of: $0, from: source, to: target)
            }
          )
        }
      })
  }
}

extension AxisOperator {
  /// The map that interpolates a row at positions.
  package static func interpolating(
    from source: Int, to target: Int, interpolation: Interpolation, border: BorderMode<Scalar>,
    position: (Int) -> Double
  ) -> AxisOperator {
    shapePrecondition(interpolation != .area, "area interpolation has no positions: resize with it")
    var values = [Double](repeating: 0, count: max(1, interpolation.tapCount))
    return AxisOperator(from: source, to: target, border: border) { index in
      let x = position(index)
      shapePrecondition(x.isFinite, "a row has no position \(x)")
      let first = interpolation.firstTap(at: x)
      values.withUnsafeMutableBufferPointer { buffer in
        if let base = buffer.baseAddress { interpolation.weigh(x, into: base) }
      }
      // At a pixel center the spline has the pixel's value: no need for the tails.
      if interpolation == .cubicSpline && x == x.rounded() { return (Int(x), [1]) }
      return interpolation == .cubicSpline ? splineWeights(values, first: first) : (first, values)
    }
  }

  /// The weights of pixels, from those of the four spline coefficients that begin at `first`.
  private static func splineWeights(_ taps: [Double], first: Int) -> (first: Int, weights: [Double]) {
    let radius = SplineFilter.radius(Scalar.self)
    let weights = (-radius..<taps.count + radius).map { place in
      taps.indices.reduce(0) { $0 + taps[$1] * SplineFilter.weight(distance: place - $1) }
    }
    // The filter is cut off, so its sum is not quite 1: constant images shall stay constant.
    let sum = weights.reduce(0, +)
    return (first - radius, weights.map { $0 / sum })
  }
}
