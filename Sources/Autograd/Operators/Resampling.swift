public import Tensor

extension Variable {
  /// Images or volumes with other spatial lengths; see `Tensor.resized`. The gradient is the transposed map.
  public func resized(
    to lengths: [Int], interpolation: Interpolation = .linear,
    coordinates: CoordinateConvention = .halfPixelCenters
  ) -> Variable {
    let shape = shape
    let result = value.resized(to: lengths, interpolation: interpolation, coordinates: coordinates)
    return .recorded("resized", inputs: [self], value: result) {
      let map = SeparableOperator<Scalar>.resizing(
        shape, to: lengths, interpolation: interpolation, coordinates: coordinates)
      return [map.transposed().applied(to: $0)]
    }
  }

  /// The variable resampled along one axis at the positions `offset + scale * i`; see `Tensor.resampled`.
  public func resampled(
    along axis: Int, to length: Int, scale: Double, offset: Double, interpolation: Interpolation = .linear,
    border: BorderMode<Scalar> = .edge
  ) -> Variable {
    let source = shape[axis]
    let result = value.resampled(
      along: axis, to: length, scale: scale, offset: offset, interpolation: interpolation, border: border)
    return .recorded("resampled", inputs: [self], value: result) {
      let map = AxisOperator<Scalar>.interpolating(
        from: source, to: length, interpolation: interpolation, border: border
      ) { offset + scale * Double($0) }
      return [map.transposed().applied(to: $0, along: axis)]
    }
  }

  /// Images or volumes with every pixel repeated `factor` times along each spatial axis; see
  /// `Tensor.upsampledNearest`. A pixel gets the sum of the gradients of its copies.
  public func upsampledNearest(by factor: Int = 2) -> Variable {
    let shape = shape
    return .recorded("upsampledNearest", inputs: [self], value: value.upsampledNearest(by: factor)) {
      var lengths = [shape[0]]
      var copies: [Int] = []
      for axis in 1..<shape.rank - 1 {
        lengths += [shape[axis], factor]
        copies.append(lengths.count - 1)
      }
      return [$0.reshaped(TensorShape(lengths + [shape[-1]])).sum(along: copies)]
    }
  }

  /// Images or volumes smoothed with a Gaussian filter; see `Tensor.gaussianSmoothed`.
  public func gaussianSmoothed(
    standardDeviations: [Double], radius: GaussianRadius = .standardDeviations(4),
    border: BorderMode<Scalar> = .symmetric
  ) -> Variable {
    let map = SeparableOperator.gaussian(
      shape, standardDeviations: standardDeviations, radius: radius, border: border)
    return .recorded("gaussianSmoothed", inputs: [self], value: map.applied(to: value)) {
      [map.transposed().applied(to: $0)]
    }
  }

  /// Images read at positions between their pixels; see `Tensor.sampled`. Gradients flow to the images, not
  /// to the positions.
  public func sampled(
    at coordinates: Tensor<Scalar>, interpolation: Interpolation = .linear,
    border: BorderMode<Scalar> = .constant(0)
  ) -> Variable {
    let plan = WarpPlan(
      image: shape, coordinates: coordinates.shape, interpolation: interpolation, border: border)
    return .recorded("sampled", inputs: [self], value: plan.applied(to: value, at: coordinates)) {
      [plan.transposedApplied(to: $0, at: coordinates)]
    }
  }

  /// Images deformed by a displacement field; see `Tensor.warped`. Gradients flow to the images, not to the
  /// field.
  public func warped(
    displacement: Tensor<Scalar>, interpolation: Interpolation = .linear,
    border: BorderMode<Scalar> = .constant(0)
  ) -> Variable {
    sampled(at: shape.warpCoordinates(displacement), interpolation: interpolation, border: border)
  }

  /// Images deformed by an affine map; see `Tensor.warped`.
  public func warped(
    by map: AffinePixelMap, to lengths: [Int]? = nil, interpolation: Interpolation = .linear,
    border: BorderMode<Scalar> = .constant(0)
  ) -> Variable {
    sampled(
      at: map.coordinates(for: lengths ?? Array(shape.dimensions[1..<shape.rank - 1])),
      interpolation: interpolation, border: border)
  }
}
