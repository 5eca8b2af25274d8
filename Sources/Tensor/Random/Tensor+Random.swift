#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Random tensors. The generator comes in; how its 64-bit numbers become elements is written out below and
// does not change with the version of Swift, so one seed gives one tensor.

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Elements drawn evenly from a half-open range: lower + (upper - lower) u, with u a multiple of 2^-24
  /// (`Float`) or 2^-53 (`Double`) in 0..<1.
  ///
  ///     var generator = PhiloxGenerator(seed: 1)
  ///     let weights = Tensor<Float>(uniform: -0.1..<0.1, shape: [64, 3], using: &generator)
  ///
  /// - Precondition: the range is not empty, and finite.
  @specialized(where Scalar == Float, Generator == PhiloxGenerator)
  @specialized(where Scalar == Double, Generator == PhiloxGenerator)
  public init<Generator: RandomNumberGenerator>(
    uniform range: Range<Scalar>, shape: TensorShape, using generator: inout Generator
  ) {
    let width = range.upperBound - range.lowerBound
    shapePrecondition(
      !range.isEmpty && width.isFinite, "a uniform distribution needs a finite range, not \(range)")
    self.init(shape: shape) { buffer in
      for index in buffer.indices {
        let value = range.lowerBound + width * unitInterval(&generator)
        // Rounding may reach the upper bound, which does not belong to the range.
        buffer[index] = value < range.upperBound ? value : range.upperBound.nextDown
      }
    }
  }

  /// Elements drawn from a normal distribution by Box and Muller's method, in double precision: two
  /// elements from two 64-bit numbers.
  ///
  /// - Precondition: `standardDeviation` is not negative.
  @specialized(where Scalar == Float, Generator == PhiloxGenerator)
  @specialized(where Scalar == Double, Generator == PhiloxGenerator)
  public init<Generator: RandomNumberGenerator>(
    normalWithMean mean: Scalar, standardDeviation: Scalar, shape: TensorShape,
    using generator: inout Generator
  ) {
    shapePrecondition(standardDeviation >= 0, "a standard deviation is not negative: \(standardDeviation)")
    self.init(shape: shape) { buffer in
      var index = 0
      while index < buffer.count {
        let pair = normalPair(&generator)
        buffer[index] = mean + standardDeviation * Scalar(pair.0)
        if index + 1 < buffer.count { buffer[index + 1] = mean + standardDeviation * Scalar(pair.1) }
        index += 2
      }
    }
  }
}

extension Tensor where Scalar: TensorIntegerScalar {
  /// Integers drawn evenly from a half-open range, without bias.
  ///
  /// - Precondition: the range is not empty.
  @specialized(where Scalar == Int32, Generator == PhiloxGenerator)
  public init<Generator: RandomNumberGenerator>(
    uniform range: Range<Scalar>, shape: TensorShape, using generator: inout Generator
  ) {
    shapePrecondition(!range.isEmpty, "a uniform distribution needs a range that is not empty")
    // The width fits 64 bits for every integer type of a tensor.
    let width = UInt64(truncatingIfNeeded: range.upperBound) &- UInt64(truncatingIfNeeded: range.lowerBound)
    self.init(shape: shape) { buffer in
      for index in buffer.indices {
        buffer[index] = range.lowerBound &+ Scalar(truncatingIfNeeded: lemire(below: width, &generator))
      }
    }
  }

  /// A random order of 0..<count, by Fisher and Yates' shuffle: each order is equally likely, as far as the
  /// generator goes. O(count).
  ///
  /// - Precondition: `count` is not negative and the indices fit the scalar.
  public init<Generator: RandomNumberGenerator>(permutation count: Int, using generator: inout Generator) {
    shapePrecondition(
      count >= 0 && (count == 0 || Scalar(exactly: count - 1) != nil),
      "a permutation of \(count) indices does not fit \(Scalar.scalarName)")
    self.init(shape: [count]) { buffer in
      for index in buffer.indices { buffer[index] = Scalar(truncatingIfNeeded: index) }
      for index in stride(from: count - 1, to: 0, by: -1) {
        buffer.swapAt(index, Int(lemire(below: UInt64(index) + 1, &generator)))
      }
    }
  }
}

extension Tensor where Scalar == Bool {
  /// Elements that are true with a given probability.
  ///
  /// - Precondition: `probability` is in 0...1.
  public init<Generator: RandomNumberGenerator>(
    bernoulli probability: Double, shape: TensorShape, using generator: inout Generator
  ) {
    shapePrecondition((0...1).contains(probability), "a probability is in 0...1, not \(probability)")
    self.init(shape: shape) { buffer in
      for index in buffer.indices {
        let draw: Double = unitInterval(&generator)
        buffer[index] = draw < probability
      }
    }
  }
}

/// A number in 0..<1 from the upper bits of one draw.
@inline(__always)
private func unitInterval<Scalar: TensorFloatingPointScalar>(
  _ generator: inout some RandomNumberGenerator
) -> Scalar {
  let bits = generator.next()
  if Scalar.self == Float.self { return Scalar(Float(bits >> 40) * 0x1p-24) }
  return Scalar(Double(bits >> 11) * 0x1p-53)
}

/// Two independent draws from the standard normal distribution: sqrt(-2 log u) times cosine and sine of
/// 2 pi v.
@inline(__always)
private func normalPair(_ generator: inout some RandomNumberGenerator) -> (Double, Double) {
  // In 0 < u <= 1, so that the logarithm is finite.
  let u = (Double(generator.next() >> 11) + 1) * 0x1p-53
  let angle = Double(generator.next() >> 11) * (0x1p-53 * 2 * Double.pi)
  let radius = (-2 * log(u)).squareRoot()
  return (radius * cos(angle), radius * sin(angle))
}
