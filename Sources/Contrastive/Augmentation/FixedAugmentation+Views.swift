public import Tensor

extension FixedAugmentation {
  /// One view of an image `[H, W, C]` or a volume `[D, H, W, C]`, from random numbers drawn in a fixed order.
  ///
  /// A volume of depth 1 is its image, to the bit. `spacing`, where it is known, makes the blur as wide along every axis in
  /// millimetres, and ``blur`` is in pixels of the finest axis; the filter reaches one pixel along each axis in any case.
  @specialized(where Scalar == Float, Generator == PhiloxGenerator)
  @specialized(where Scalar == Double, Generator == PhiloxGenerator)
  public func callAsFunction<Scalar: TensorFloatingPointScalar, Generator: RandomNumberGenerator>(
    _ image: Tensor<Scalar>, spacing: VoxelSpacing? = nil, using generator: inout Generator
  ) -> Tensor<Scalar> {
    if image.rank == 4, image.shape[0] == 1 {
      let view = self(image.squeezed(at: 0), spacing: spacing?.withinPlanes, using: &generator)
      return view.expanded(at: 0)
    }
    if scaling != .unchanged, let floats = image as? Tensor<Float>,
      let view = grayView(floats, spacing, using: &generator) as? Tensor<Scalar>
    {
      return view
    }
    var view =
      switch scaling {
      case .eightBit: quantized(image.rescaled(to: 255))
      case .grayLevels: quantized(image)
      case .unchanged: image
      }
    if let brightness {
      view = quantized(view * Scalar(generator.uniform(in: brightness)))
      if let valueRange, scaling == .unchanged {
        let (low, high) = (Scalar(valueRange.lowerBound), Scalar(valueRange.upperBound))
        view = view.mapped { min(max($0, low), high) }
      }
    }
    if let contrast, view.elementCount > 0 {
      let factor = Scalar(generator.uniform(in: contrast))
      var mean = view.mean().item
      if truncates { mean = (mean + 0.5).rounded(.down) }
      view = quantized(view.mapped { mean + factor * ($0 - mean) })
    }
    if let blur {
      view = blurred(view, generator.uniform(in: blur), spacing)
    }
    return scaling == .unchanged ? view : view.rescaled(to: 1)
  }

  /// The view of a picture in floats, whose values become gray levels.
  private func grayView(
    _ image: Tensor<Float>, _ spacing: VoxelSpacing?, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    let bright = brightness.map { Float(generator.uniform(in: $0)) } ?? 1
    var (view, sum) = GrayLevels.levels(
      of: image, scales: scaling == .eightBit, truncates: truncates, brightness: bright)
    if let contrast, view.elementCount > 0 {
      let factor = Float(generator.uniform(in: contrast))
      var mean = Float(sum / Double(view.elementCount))
      if truncates { mean = (mean + 0.5).rounded(.down) }
      GrayLevels.stretch(&view, about: mean, by: factor, truncates: truncates)
    }
    if let blur {
      let sigma = generator.uniform(in: blur)
      if image.rank == 3, spacing?.isIsotropic ?? true {
        view = GrayLevels.blurred(view, standardDeviation: sigma, rounds: truncates)
      } else {
        view = blurred(view, sigma, spacing)
      }
    }
    return GrayLevels.rescaled(view, to: 1)
  }

  /// Three pixels along each axis, under a Gaussian of a standard deviation in pixels of the finest axis; whole levels where
  /// levels are cut off.
  private func blurred<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, _ sigma: Double, _ spacing: VoxelSpacing?
  ) -> Tensor<Scalar> {
    let units = spacing?.finestOverAxes ?? [Double](repeating: 1, count: image.rank - 1)
    let blurred = image.expanded(at: 0).gaussianSmoothed(
      standardDeviations: units.map { sigma * $0 }, radius: .pixels(1), border: .reflect
    ).squeezed(at: 0)
    return truncates ? blurred.mapped { $0.rounded(.toNearestOrEven) } : blurred
  }

  private var truncates: Bool { scaling != .unchanged && quantization == .truncation }

  /// Values as whole gray levels in 0...255; as they are where the image keeps its scale.
  private func quantized<Scalar: TensorFloatingPointScalar>(_ values: Tensor<Scalar>) -> Tensor<Scalar> {
    guard scaling != .unchanged else { return values }
    let rule: FloatingPointRoundingRule =
      quantization == .truncation ? .towardZero : .toNearestOrAwayFromZero
    return values.mapped { min(max($0.rounded(rule), 0), 255) }
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// `bound (x - min) / (max - min)`, exactly `bound` at the maximum; zeros for a constant image.
  func rescaled(to bound: Scalar) -> Tensor {
    guard elementCount > 0 else { return self }
    if let floats = self as? Tensor<Float>, let bound = bound as? Float,
      let result = GrayLevels.rescaled(floats, to: bound) as? Tensor
    {
      return result
    }
    let (low, high) = (min().item, max().item)
    guard high > low else { return Tensor(zeros: shape) }
    let (bottom, range) = (Double(low), Double(high) - Double(low))
    // In Double, the product first: a level that is whole on paper must not be cut off to the one below.
    return mapped { $0 == high ? bound : Scalar(Double(bound) * (Double($0) - bottom) / range) }
  }

  /// `rescaled(to: 1)` of each channel, the last axis, by itself.
  func channelsRescaled() -> Tensor {
    guard elementCount > 0 else { return self }
    if shape[-1] == 1 { return rescaled(to: 1) }
    return Tensor(
      concatenating: (0..<shape[-1]).map { sliced(along: -1, $0..<$0 + 1).rescaled(to: 1) }, along: -1)
  }

  /// The elements changed one by one.
  func mapped(_ change: (Scalar) -> Scalar) -> Tensor {
    var result = self
    result.withUnsafeMutableBufferPointer { for index in $0.indices { $0[index] = change($0[index]) } }
    return result
  }
}
