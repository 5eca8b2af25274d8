extension Tensor {
  /// A tensor of the scalars in row-major order.
  ///
  /// - Precondition: there are as many scalars as the shape has elements.
  public init(_ scalars: some Collection<Scalar>, shape: TensorShape) {
    shapePrecondition(
      scalars.count == shape.elementCount,
      "\(scalars.count) scalars do not fill a tensor of shape \(shape)")
    self.init(shape: shape) { buffer in
      _ = buffer.initialize(fromContentsOf: scalars)
    }
  }

  /// A vector of the scalars.
  public init(_ scalars: [Scalar]) { self.init(scalars, shape: [scalars.count]) }

  /// A tensor of rank 0.
  public init(_ scalar: Scalar) { self.init(repeating: scalar, shape: []) }

  /// A tensor in which every element is `value`.
  public init(repeating value: Scalar, shape: TensorShape) {
    self.init(shape: shape) { $0.initialize(repeating: value) }
  }

  /// A tensor of zeros (`false` for `Bool`).
  public init(zeros shape: TensorShape) { self.init(repeating: .zeroValue, shape: shape) }

  /// A copy of rows given as nested arrays: `[[1, 2], [3, 4]]` has shape `[2, 2]`.
  ///
  /// - Precondition: the rows have equal lengths.
  public init(rows: [[Scalar]]) {
    let width = rows.first?.count ?? 0
    shapePrecondition(
      rows.allSatisfy { $0.count == width }, "rows of different lengths: \(rows.map(\.count))")
    self.init(rows.flatMap { $0 }, shape: [rows.count, width])
  }
}

extension Tensor where Scalar: TensorNumericScalar {
  /// A tensor of ones.
  public init(ones shape: TensorShape) { self.init(repeating: 1, shape: shape) }

  /// The values `start, start + step, ...` before `end` (NumPy's `arange`).
  ///
  /// - Precondition: `step` is not zero, and the number of values is finite. The vector is empty when `end` lies behind
  ///   `start`.
  public init(arange start: Scalar, to end: Scalar, by step: Scalar = 1) {
    shapePrecondition(step != 0, "arange needs a step other than 0")
    let count = ((end.doubleValue - start.doubleValue) / step.doubleValue).rounded(.up)
    shapePrecondition(
      count < 0x1p62, "arange from \(start) to \(end) by \(step) has no finite number of values")
    self.init(shape: [count > 0 ? Int(count) : 0]) { buffer in
      for index in buffer.indices { buffer[index] = start + Scalar(converting: Double(index)) * step }
    }
  }

  /// `count` values from `start` to `end`, both included, evenly spaced (NumPy's `linspace`).
  public init(linspace start: Scalar, through end: Scalar, count: Int) {
    shapePrecondition(count >= 0, "linspace needs a count of at least 0, not \(count)")
    self.init(shape: [count]) { buffer in
      let step = (end.doubleValue - start.doubleValue) / Double(Swift.max(count - 1, 1))
      for index in buffer.indices {
        buffer[index] =
          index == count - 1 && count > 1
          ? end : Scalar(converting: start.doubleValue + Double(index) * step)
      }
    }
  }

  /// The identity matrix of `size` rows.
  public init(identity size: Int) {
    self.init(zeros: [size, size])
    withUnsafeMutableBufferPointer { buffer in
      for index in 0..<size { buffer[index * size + index] = 1 }
    }
  }

  /// The elements of another tensor converted one by one; integers truncate toward zero and clamp, and NaN
  /// becomes 0 in them.
  public init<Source: TensorNumericScalar>(converting other: Tensor<Source>) {
    self.init(shape: other.shape) { buffer in
      convert(other.unsafeElements, to: buffer)
    }
  }

  /// 1 where the mask is true, 0 elsewhere.
  public init(mask: Tensor<Bool>) {
    self.init(shape: mask.shape) { buffer in
      let source = mask.unsafeElements
      for index in buffer.indices { buffer[index] = source[index] ? 1 : 0 }
    }
  }
}

private func convert<Source: TensorNumericScalar, Target: TensorNumericScalar>(
  _ source: UnsafeBufferPointer<Source>, to target: UnsafeMutableBufferPointer<Target>
) {
  if Source.self == Target.self {
    _ = UnsafeMutableRawBufferPointer(target).initializeMemory(
      as: UInt8.self, from: UnsafeRawBufferPointer(source))
  } else if Source.self == Float.self, Target.self == Double.self {
    let from = UnsafeRawBufferPointer(source).assumingMemoryBound(to: Float.self)
    let to = UnsafeMutableRawBufferPointer(target).assumingMemoryBound(to: Double.self)
    for index in to.indices { to[index] = Double(from[index]) }
  } else if Source.self == Double.self, Target.self == Float.self {
    let from = UnsafeRawBufferPointer(source).assumingMemoryBound(to: Double.self)
    let to = UnsafeMutableRawBufferPointer(target).assumingMemoryBound(to: Float.self)
    for index in to.indices { to[index] = Float(from[index]) }
  } else if Source.self == Int32.self, Target.self == UInt8.self {
    // Labels, by the million.
    let from = UnsafeRawBufferPointer(source).assumingMemoryBound(to: Int32.self)
    let to = UnsafeMutableRawBufferPointer(target).assumingMemoryBound(to: UInt8.self)
    for index in to.indices { to[index] = UInt8(clamping: from[index]) }
  } else if Source.self == UInt8.self, Target.self == Int32.self {
    let from = UnsafeRawBufferPointer(source).assumingMemoryBound(to: UInt8.self)
    let to = UnsafeMutableRawBufferPointer(target).assumingMemoryBound(to: Int32.self)
    for index in to.indices { to[index] = Int32(from[index]) }
  } else if let from = Source.self as? any FixedWidthInteger.Type,
    let to = Target.self as? any FixedWidthInteger.Type
  {
    // Between integers of 64 bits a detour over Double would round: clamp exactly.
    clampIntegers(UnsafeRawBufferPointer(source), of: from, to: UnsafeMutableRawBufferPointer(target), of: to)
  } else {
    for index in target.indices { target[index] = Target(converting: source[index].doubleValue) }
  }
}

private func clampIntegers<Source: FixedWidthInteger, Target: FixedWidthInteger>(
  _ source: UnsafeRawBufferPointer, of sourceType: Source.Type,
  to target: UnsafeMutableRawBufferPointer, of targetType: Target.Type
) {
  let (from, to) = (source.assumingMemoryBound(to: Source.self), target.assumingMemoryBound(to: Target.self))
  for index in to.indices { to[index] = Target(clamping: from[index]) }
}
