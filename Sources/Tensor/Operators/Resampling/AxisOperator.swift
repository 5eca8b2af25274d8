/// A linear map along one axis, with few weights a row: resizing, smoothing, edge padding.
///
/// Row `i` of the result is `constants[i] + sum over j of weights[j] * input[columns[j]]`, `j` from
/// `starts[i]` up to `starts[i + 1]`. The gradient is the transposed map.
package struct AxisOperator<Scalar: TensorFloatingPointScalar>: Sendable {
  package let inputLength: Int
  package let outputLength: Int
  private var starts: [Int] = [0]
  private var columns: [Int] = []
  private var weights: [Scalar] = []
  /// What the border's constant adds; empty when it adds nothing.
  private var constants: [Scalar] = []

  /// - Parameters:
  ///   - row: For each place of the result, the index of its first weight (which may lie outside the input)
  ///     and the weights.
  package init(
    from inputLength: Int, to outputLength: Int, border: BorderMode<Scalar>,
    row: (Int) -> (first: Int, weights: [Double])
  ) {
    shapePrecondition(
      inputLength > 0 || outputLength == 0, "an axis of length 0 cannot be resampled to \(outputLength)")
    self.inputLength = inputLength
    self.outputLength = outputLength
    var constants = [Scalar](repeating: 0, count: outputLength)
    for place in 0..<outputLength {
      let (first, values) = row(place)
      var outside = 0.0
      var sums: [(column: Int, weight: Double)] = []
      for (offset, value) in values.enumerated() where value != 0 {
        guard let column = border.source(of: first + offset, length: inputLength) else {
          outside += value
          continue
        }
        if let known = sums.lastIndex(where: { $0.column == column }) {
          sums[known].weight += value
        } else {
          sums.append((column, value))
        }
      }
      columns += sums.map(\.column)
      weights += sums.map { Scalar($0.weight) }
      starts.append(columns.count)
      if case .constant(let value) = border, outside != 0 { constants[place] = Scalar(outside) * value }
    }
    if constants.contains(where: { $0 != 0 }) { self.constants = constants }
  }

  private init(transposing other: AxisOperator) {
    inputLength = other.outputLength
    outputLength = other.inputLength
    var counts = [Int](repeating: 0, count: outputLength + 1)
    for column in other.columns { counts[column + 1] += 1 }
    for index in 0..<outputLength { counts[index + 1] += counts[index] }
    starts = counts
    columns = [Int](repeating: 0, count: other.columns.count)
    weights = [Scalar](repeating: 0, count: other.columns.count)
    for row in 0..<other.outputLength {
      for index in other.starts[row]..<other.starts[row + 1] {
        let place = counts[other.columns[index]]
        columns[place] = row
        weights[place] = other.weights[index]
        counts[other.columns[index]] += 1
      }
    }
  }

  /// The transposed map, without constants.
  package func transposed() -> AxisOperator { AxisOperator(transposing: self) }

  /// The map along `axis` of a tensor.
  package func applied(to input: Tensor<Scalar>, along axis: Int) -> Tensor<Scalar> {
    let axis = input.shape.normalized(axis: axis)
    shapePrecondition(
      input.shape[axis] == inputLength,
      "axis \(axis) of a tensor of shape \(input.shape) has not the length \(inputLength) of the operator")
    let outer = input.shape.dimensions[..<axis].reduce(1, *)
    let inner = input.shape.dimensions[(axis + 1)...].reduce(1, *)
    return Tensor(shape: input.shape.replacing(axis: axis, with: outputLength)) { target in
      input.withUnsafeBufferPointer { source in
        guard target.count > 0 else { return }
        guard let from = source.baseAddress, let to = target.baseAddress, !source.isEmpty else {
          // Nothing to add up: only constants.
          target.update(repeating: 0)
          return
        }
        if Scalar.self == Float.self {
          AxisFast.map(
            outer: outer, lengths: (inputLength, outputLength), inner: inner, from: from.asFloat,
            to: to.asFloat,
            starts: starts, columns: columns, weights: weights.map(Float.init),
            constants: constants.map(Float.init))
          return
        }
        applyRows(
          from, to, outer: outer, inner: inner, lengths: (inputLength, outputLength), starts: starts,
          columns: columns, weights: weights, constants: constants)
      }
    }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func applyRows<Scalar: TensorFloatingPointScalar>(
  _ source: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>, outer: Int, inner: Int,
  lengths: (input: Int, output: Int), starts: [Int], columns: [Int], weights: [Scalar], constants: [Scalar]
) {
  let work = inner * max(1, columns.count / max(1, lengths.output))
  Parallel.for(outer * lengths.output, grain: max(1, 32768 / work)) { rows in
    starts.withUnsafeBufferPointer { starts in
      columns.withUnsafeBufferPointer { columns in
        weights.withUnsafeBufferPointer { weights in
          for row in rows {
            let (slab, place) = row.quotientAndRemainder(dividingBy: lengths.output)
            let from = source + slab * lengths.input * inner
            let to = target + row * inner
            let constant = constants.isEmpty ? 0 : constants[place]
            if inner == 1 {
              var sum = constant
              for tap in starts[place]..<starts[place + 1] { sum += weights[tap] * from[columns[tap]] }
              to.pointee = sum
              continue
            }
            for index in 0..<inner { to[index] = constant }
            for tap in starts[place]..<starts[place + 1] {
              let weight = weights[tap]
              let values = from + columns[tap] * inner
              for index in 0..<inner { to[index] += weight * values[index] }
            }
          }
        }
      }
    }
  }
}

/// Linear maps along several axes, one after the other.
package struct SeparableOperator<Scalar: TensorFloatingPointScalar>: Sendable {
  private var steps: [(axis: Int, map: AxisOperator<Scalar>)]

  package init(_ steps: [(axis: Int, map: AxisOperator<Scalar>)]) { self.steps = steps }

  package func applied(to input: Tensor<Scalar>) -> Tensor<Scalar> {
    Profiler.measure("resampling", bytes: 2 * input.elementCount * MemoryLayout<Scalar>.stride) {
      steps.reduce(input) { $1.map.applied(to: $0, along: $1.axis) }
    }
  }

  /// The transposed maps in reverse order: the gradient of ``applied(to:)``.
  package func transposed() -> SeparableOperator {
    SeparableOperator(steps.reversed().map { ($0.axis, $0.map.transposed()) })
  }
}
