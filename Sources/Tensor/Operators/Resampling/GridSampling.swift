/// Reads images at positions between their pixels, one image of a batch after the other.
///
/// Images of one or two spatial axes are treated as volumes with leading axes of length 1 that are not
/// interpolated.
package struct GridSampling<Scalar: TensorFloatingPointScalar>: Sendable {
  /// The batch that is read: images `[N, ..., C]` or, for the spline, their coefficients.
  package let inputShape: TensorShape
  /// `[N or 1, ..., spatial rank]`: positions in pixels.
  package let coordinatesShape: TensorShape
  package let outputShape: TensorShape
  let interpolation: Interpolation
  let border: BorderMode<Scalar>
  /// How many coefficients stand before the pixel at position 0 (for the spline).
  let margin: Int

  package init(
    input: TensorShape, coordinates: TensorShape, interpolation: Interpolation, border: BorderMode<Scalar>,
    margin: Int = 0
  ) {
    let spatial = input.rank - 2
    shapePrecondition(interpolation != .area, "area interpolation has no positions: resize with it")
    shapePrecondition(
      (1...3).contains(spatial) && coordinates.rank == input.rank && coordinates[-1] == spatial
        && (coordinates[0] == input[0] || coordinates[0] == 1),
      "coordinates of shape \(coordinates) do not fit images of shape \(input)")
    outputShape = coordinates.replacing(axis: 0, with: input[0]).replacing(axis: -1, with: input[-1])
    shapePrecondition(
      outputShape.elementCount == 0 || input.elementCount > 0,
      "images of shape \(input) have no pixels to read")
    inputShape = input
    coordinatesShape = coordinates
    self.interpolation = interpolation
    self.border = border
    self.margin = margin
  }

  /// The values at the positions.
  package func applied(to input: Tensor<Scalar>, at coordinates: Tensor<Scalar>) -> Tensor<Scalar> {
    shapePrecondition(
      input.shape == inputShape && coordinates.shape == coordinatesShape,
      "images of shape \(input.shape) at \(coordinates.shape), planned for \(inputShape) at \(coordinatesShape)"
    )
    return Profiler.measure("warping", bytes: 2 * outputShape.elementCount * MemoryLayout<Scalar>.stride) {
      Tensor(shape: outputShape) { target in
        input.withUnsafeBufferPointer { input in
          coordinates.withUnsafeBufferPointer { coordinates in
            guard let from = input.baseAddress, let at = coordinates.baseAddress, let to = target.baseAddress
            else { return }
            if let floats = self as? GridSampling<Float> {
              let isRead = SamplingFast.read(floats, from.asFloat, at.asFloat, to.asFloat) {
                image, first, samples in
                readSamples(self, from, at, to, image: image, first: first, samples: samples)
              }
              if isRead { return }
            }
            readSamples(self, from, at, to)
          }
        }
      }
    }
  }

  /// The transposed map: spreads gradients of the values over the pixels that made them.
  package func transposedApplied(
    to gradient: Tensor<Scalar>, at coordinates: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    shapePrecondition(
      gradient.shape == outputShape && coordinates.shape == coordinatesShape,
      "a gradient of shape \(gradient.shape) does not fit samples of shape \(outputShape)")
    var result = Tensor<Scalar>(zeros: inputShape)
    result.withUnsafeMutableBufferPointer { result in
      gradient.withUnsafeBufferPointer { gradient in
        coordinates.withUnsafeBufferPointer { coordinates in
          guard let from = gradient.baseAddress, let at = coordinates.baseAddress, let to = result.baseAddress
          else { return }
          spreadSamples(self, from, at, to)
        }
      }
    }
    return result
  }

  var spatialRank: Int { inputShape.rank - 2 }
  var channels: Int { inputShape[-1] }
  var pixelsPerImage: Int { inputShape.dimensions[1..<spatialRank + 1].reduce(1, *) }
  var samplesPerImage: Int { outputShape.dimensions[1..<spatialRank + 1].reduce(1, *) }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func readSamples<Scalar: TensorFloatingPointScalar>(
  _ sampling: GridSampling<Scalar>, _ input: UnsafePointer<Scalar>, _ coordinates: UnsafePointer<Scalar>,
  _ target: UnsafeMutablePointer<Scalar>
) {
  let samples = sampling.samplesPerImage
  let channels = sampling.channels
  let rank = sampling.spatialRank
  let pixels = sampling.pixelsPerImage
  let isShared = sampling.coordinatesShape[0] == 1
  let isBilinear = rank == 2 && sampling.interpolation == .linear && sampling.margin == 0
  let (height, width) = isBilinear ? (sampling.inputShape[1], sampling.inputShape[2]) : (0, 0)
  Parallel.for(sampling.inputShape[0] * samples, grain: 4096) { rows in
    let taps = SampleTaps(sampling)
    defer { taps.deallocate() }
    for row in rows {
      let (image, sample) = row.quotientAndRemainder(dividingBy: samples)
      let from = input + image * pixels * channels
      let to = target + row * channels
      let place = coordinates + (isShared ? sample : row) * rank
      if isBilinear,
        readBilinear(from, height: height, width: width, channels: channels, y: place[0], x: place[1], to)
      {
        continue
      }
      taps.read(from, channels: channels, at: place, to)
    }
  }
}

/// The samples `first + numbers` of one image.
@specialized(where Scalar == Float)
private func readSamples<Scalar: TensorFloatingPointScalar>(
  _ sampling: GridSampling<Scalar>, _ input: UnsafePointer<Scalar>, _ coordinates: UnsafePointer<Scalar>,
  _ target: UnsafeMutablePointer<Scalar>, image: Int, first: Int, samples: UnsafeBufferPointer<UInt32>
) {
  guard !samples.isEmpty else { return }
  let taps = SampleTaps(sampling)
  defer { taps.deallocate() }
  let channels = sampling.channels
  let from = input + image * sampling.pixelsPerImage * channels
  let start = image * sampling.samplesPerImage + first
  let place = coordinates + (sampling.coordinatesShape[0] == 1 ? first : start) * sampling.spatialRank
  for number in samples {
    taps.read(
      from, channels: channels, at: place + Int(number) * sampling.spatialRank,
      target + (start + Int(number)) * channels)
  }
}

/// Reads the four pixels around a position inside the image; false where one of them lies outside or has no weight,
/// because its NaN must not count.
@inline(__always)
private func readBilinear<Scalar: TensorFloatingPointScalar>(
  _ image: UnsafePointer<Scalar>, height: Int, width: Int, channels: Int, y: Scalar, x: Scalar,
  _ target: UnsafeMutablePointer<Scalar>
) -> Bool {
  guard y > 0, y < Scalar(height - 1), x > 0, x < Scalar(width - 1) else { return false }
  let (row, column) = (Int(y), Int(x))
  let (down, right) = (y - Scalar(row), x - Scalar(column))
  guard down > 0, right > 0 else { return false }
  let (up, left) = (1 - down, 1 - right)
  let weights = (up * left, up * right, down * left, down * right)
  let first = image + (row * width + column) * channels
  let second = first + width * channels
  for channel in 0..<channels {
    target[channel] =
      weights.0 * first[channel] + weights.1 * first[channels + channel] + weights.2 * second[channel]
      + weights.3 * second[channels + channel]
  }
  return true
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func spreadSamples<Scalar: TensorFloatingPointScalar>(
  _ sampling: GridSampling<Scalar>, _ gradient: UnsafePointer<Scalar>, _ coordinates: UnsafePointer<Scalar>,
  _ target: UnsafeMutablePointer<Scalar>
) {
  let samples = sampling.samplesPerImage
  let channels = sampling.channels
  let rank = sampling.spatialRank
  let pixels = sampling.pixelsPerImage
  let isShared = sampling.coordinatesShape[0] == 1
  // Samples share pixels, images do not: the images are the tasks.
  Parallel.for(sampling.inputShape[0], grain: 1) { images in
    let taps = SampleTaps(sampling)
    defer { taps.deallocate() }
    for image in images {
      let to = target + image * pixels * channels
      for sample in 0..<samples {
        let row = image * samples + sample
        taps.move(to: coordinates + (isShared ? sample : row) * rank)
        let from = gradient + row * channels
        taps.forEach { offset, weight in
          guard offset >= 0 else { return }
          let sums = to + offset * channels
          for channel in 0..<channels { sums[channel] += weight * from[channel] }
        }
      }
    }
  }
}
