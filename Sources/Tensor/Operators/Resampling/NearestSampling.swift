extension Tensor {
  /// Images of any scalar, labels above all, read at the pixels nearest to positions.
  ///
  /// - Parameters:
  ///   - coordinates: As in ``sampled(at:interpolation:border:)``; halves are rounded up.
  ///   - border: What stands outside the image.
  /// - Precondition: the shapes fit; the images are not empty. No position is NaN.
  public func sampledNearest<Coordinate: TensorFloatingPointScalar>(
    at coordinates: Tensor<Coordinate>, border: BorderMode<Scalar>
  ) -> Tensor {
    let spatial = rank - 2
    let sampling = GridSampling<Coordinate>(
      input: shape, coordinates: coordinates.shape, interpolation: .nearest, border: .edge)
    let lengths = Array(shape.dimensions[1..<spatial + 1])
    let samples = sampling.samplesPerImage
    if let labels = self as? Tensor<Int32>, let positions = coordinates as? Tensor<Float>,
      case .constant(let value) = border, let outside = value as? Int32, shape[-1] == 1,
      sampling.pixelsPerImage < Int(Int32.max),
      let result = labels.sampledNearest(
        at: positions, lengths: lengths, outside: outside, shape: sampling.outputShape) as? Tensor
    {
      return result
    }
    let images = (0..<coordinates.shape[0]).map { image -> [Int] in
      coordinates.withUnsafeBufferPointer { elements in
        nearestOffsets(
          UnsafeBufferPointer(
            rebasing: elements[image * samples * spatial..<(image + 1) * samples * spatial]),
          lengths: lengths, border: border.withoutValue)
      }
    }
    var filling: Scalar?
    if case .constant(let value) = border { filling = value }
    let parts = (0..<shape[0]).map { image in
      self[image].reshaped(sampling.pixelsPerImage, sampling.channels).gatheringRows(
        along: 0, images[images.count == 1 ? 0 : image], fill: filling)
    }
    if parts.isEmpty { return Tensor(zeros: sampling.outputShape) }
    return Tensor(stacking: parts).reshaped(sampling.outputShape)
  }

  /// Images of any scalar deformed by a displacement field, each pixel taken from the nearest one.
  public func warpedNearest<Coordinate: TensorFloatingPointScalar>(
    displacement: Tensor<Coordinate>, border: BorderMode<Scalar>
  ) -> Tensor {
    sampledNearest(at: shape.warpCoordinates(displacement), border: border)
  }

  /// Images of any scalar deformed by an affine map, each pixel taken from the nearest one.
  public func warpedNearest(
    by map: AffinePixelMap, to lengths: [Int]? = nil, border: BorderMode<Scalar>
  ) -> Tensor {
    let coordinates: Tensor<Double> = map.coordinates(for: lengths ?? Array(shape.dimensions[1..<rank - 1]))
    return sampledNearest(at: coordinates, border: border)
  }
}

extension Tensor<Int32> {
  /// Maps `[N, spatial..., 1]` read by the vectorised kernel.
  private func sampledNearest(
    at positions: Tensor<Float>, lengths: [Int], outside: Int32, shape: TensorShape
  ) -> Tensor {
    let pixels = lengths.reduce(1, *)
    let samples = shape.elementCount / Swift.max(shape[0], 1)
    return Tensor(shape: shape) { target in
      withUnsafeBufferPointer { source in
        positions.withUnsafeBufferPointer { positions in
          guard let from = source.baseAddress, let at = positions.baseAddress, let to = target.baseAddress
          else { return }
          let step = positions.count == samples * lengths.count ? 0 : samples * lengths.count
          for image in 0..<shape[0] {
            SamplingFast.nearest(
              from + image * pixels, lengths: lengths, at + image * step, count: samples, outside: outside,
              to + image * samples)
          }
        }
      }
    }
  }
}

@specialized(where Coordinate == Float)
@specialized(where Coordinate == Double)
private func nearestOffsets<Coordinate: TensorFloatingPointScalar>(
  _ coordinates: UnsafeBufferPointer<Coordinate>, lengths: [Int], border: BorderMode<Bool>
) -> [Int] {
  let rank = lengths.count
  return [Int](unsafeUninitializedCapacity: coordinates.count / max(rank, 1)) { offsets, count in
    count = offsets.count
    for sample in 0..<count {
      var offset = 0
      for axis in 0..<rank {
        let x = coordinates[sample * rank + axis] + 0.5
        let length = lengths[axis]
        if x >= 0, x < Coordinate(length) {
          // Inside the image, where rounding down is to cut off.
          offset = offset * length + Int(x)
          continue
        }
        shapePrecondition(!x.isNaN, "a position to read a pixel at is NaN")
        let index = Int(min(max(x, -1e9), 1e9).rounded(.down))
        guard let place = border.source(of: index, length: length) else {
          offset = -1
          break
        }
        offset = offset * length + place
      }
      offsets[sample] = offset
    }
  }
}
