/// The weights with their last two axes exchanged.
func swappingChannels<Scalar: TensorFloatingPointScalar>(_ weight: Tensor<Scalar>) -> Tensor<Scalar> {
  let (rows, columns) = (weight.shape[-2], weight.shape[-1])
  let lengths = weight.shape.dimensions.dropLast(2) + [columns, rows]
  let matrixSize = rows * columns
  return Tensor(shape: TensorShape(Array(lengths))) { buffer in
    guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
    for matrix in 0..<buffer.count / matrixSize {
      transposeMatrix(
        weight.pointer + matrix * matrixSize, rows: rows, columns: columns, to: target + matrix * matrixSize)
    }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func transposeMatrix<Scalar: TensorFloatingPointScalar>(
  _ source: UnsafePointer<Scalar>, rows: Int, columns: Int, to target: UnsafeMutablePointer<Scalar>
) {
  for row in 0..<rows {
    for column in 0..<columns { target[column * rows + row] = source[row * columns + column] }
  }
}

/// Parts of the given numbers of channels.
func splitChannels<Scalar: TensorFloatingPointScalar>(
  _ whole: Tensor<Scalar>, _ channels: [Int]
) -> [Tensor<Scalar>] {
  let total = whole.shape[-1]
  var first = 0
  return channels.map { count in
    defer { first += count }
    return Tensor(shape: whole.shape.replacing(axis: -1, with: count)) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      for pixel in 0..<buffer.count / count {
        (target + pixel * count).update(from: whole.pointer + pixel * total + first, count: count)
      }
    }
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The sum over all axes but the last: pieces of 512 rows, each summed in order, then added in order.
  func channelSum() -> Tensor {
    Profiler.measure("channel sum", flops: elementCount, bytes: elementCount * MemoryLayout<Scalar>.stride) {
      addedChannels()
    }
  }

  private func addedChannels() -> Tensor {
    shapePrecondition(rank > 0, "a bias gradient needs channels, not a scalar")
    let channels = shape[-1]
    let rows = channels == 0 ? 0 : elementCount / channels
    let piece = 512
    let pieces = (rows + piece - 1) / piece
    let partials = Tensor(zeros: [Swift.max(pieces, 1), channels])
    let sums = UnsafeMutablePointer(mutating: partials.pointer)
    Parallel.for(pieces, grain: 4) { range in
      for index in range {
        let first = index * piece
        addRows(
          pointer + first * channels, rows: Swift.min(piece, rows - first), columns: channels,
          to: sums + index * channels)
      }
    }
    let total = Tensor(shape: [channels]) { buffer in
      guard let target = buffer.baseAddress, !buffer.isEmpty else { return }
      buffer.initialize(repeating: 0)
      addRows(UnsafePointer(sums), rows: Swift.max(pieces, 1), columns: channels, to: target)
    }
    withExtendedLifetime(partials) {}
    return total
  }
}

/// Adds `rows` rows, at least one, to `sums`, which begin at zero.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func addRows<Scalar: TensorFloatingPointScalar>(
  _ source: UnsafePointer<Scalar>, rows: Int, columns: Int, to sums: UnsafeMutablePointer<Scalar>
) {
  if Scalar.self == Float.self {
    ReductionFloat.fold(.sum, rows: rows, columns: columns, source, into: sums)
    return
  }
  for row in 0..<rows {
    for column in 0..<columns { sums[column] += source[row * columns + column] }
  }
}
