public import Tensor

/// Compares gradients with finite differences, along random directions, in double precision.
///
/// For `f` of inputs `x`, a random cotangent `w` and random directions `v` it compares the analytic
/// `sum(gradient * v)` of `phi(x) = sum(w * f(x))` with the fourth-order difference
/// `(8 (phi(x + h v) - phi(x - h v)) - (phi(x + 2 h v) - phi(x - 2 h v))) / 12 h`, for each input apart. One
/// projection sees an error in any element with probability one; several are taken. The error is measured
/// relative to `|gradient| |v|`-sized quantities, so a gradient .1 % wrong everywhere is rejected at the
/// default tolerance of 1e-6 by a factor of hundreds.
///
///     var generator = SystemRandomNumberGenerator()
///     let result = GradientCheck().run(at: [x], using: &generator) { ($0[0] * $0[0]).sum() }
///     result.passes
public struct GradientCheck: Sendable {
  /// Random projections per input.
  public var projections: Int
  /// The step `h` of the finite difference, relative to directions of unit-variance elements.
  public var step: Double
  /// The largest relative error that passes.
  public var tolerance: Double

  /// - Precondition: at least one projection, and a positive step.
  public init(projections: Int = 3, step: Double = 1e-3, tolerance: Double = 1e-6) {
    shapePrecondition(projections >= 1, "a gradient check needs at least one projection, not \(projections)")
    shapePrecondition(step > 0, "a gradient check needs a positive step, not \(step)")
    self.projections = projections
    self.step = step
    self.tolerance = tolerance
  }

  /// What a check found.
  public struct Result: Sendable, CustomStringConvertible {
    /// One comparison: an input and a projection.
    public struct Comparison: Sendable {
      /// Which input, from 0.
      public let input: Int
      /// Which projection, from 0.
      public let projection: Int
      /// The slope along the direction, from the gradient.
      public let analytic: Double
      /// The slope along the direction, from differences.
      public let numeric: Double
      /// `|analytic - numeric| / max(|analytic|, |numeric|, scale)`, where `scale` is a thousandth of the norm
      /// of the gradient times that of the direction, over the root of the element count, and at least 1e-8.
      public let relativeError: Double
    }
    /// Every comparison, projection by projection.
    public let comparisons: [Comparison]
    /// The largest relative error that passes.
    public let tolerance: Double
    /// The largest relative error; NaN when any is.
    public var relativeError: Double {
      comparisons.reduce(0) { $1.relativeError.isNaN || $0.isNaN ? .nan : max($0, $1.relativeError) }
    }
    /// Whether every comparison is within the tolerance; NaN is not.
    public var passes: Bool { comparisons.allSatisfy { $0.relativeError <= tolerance } }

    public var description: String {
      let failures = comparisons.filter { !($0.relativeError <= tolerance) }
      if failures.isEmpty { return "gradient agrees (relative error \(relativeError))" }
      return failures.map {
        "input \($0.input), projection \($0.projection): analytic \($0.analytic), numeric \($0.numeric), "
          + "relative error \($0.relativeError)"
      }.joined(separator: "\n")
    }
  }

  /// Checks the gradient of `function` at `inputs`. The function must be smooth within two steps of them: keep
  /// inputs away from kinks, or check both sides apart.
  ///
  /// - Precondition: the function's result tracks the gradient of every input it is given.
  public func run(
    at inputs: [Tensor<Double>], using generator: inout some RandomNumberGenerator,
    _ function: ([Variable<Double>]) -> Variable<Double>
  ) -> Result {
    let value = withoutGradient { function(inputs.map { Variable($0) }).value }
    var comparisons: [Result.Comparison] = []
    for projection in 0..<projections {
      let cotangent = randomDirection(value.shape, using: &generator)
      let variables = inputs.map { Variable($0, requiresGradient: true) }
      let output = function(variables)
      shapePrecondition(
        output.tracksGradient, "the checked function returned a variable that tracks no gradient")
      output.backward(gradient: cotangent)
      func phi(_ index: Int, _ direction: Tensor<Double>, _ amount: Double) -> Double {
        var moved = inputs
        moved[index] = adding(amount, direction, to: inputs[index])
        return withoutGradient { dot(function(moved.map { Variable($0) }).value, cotangent) }
      }
      for index in inputs.indices where inputs[index].elementCount > 0 {
        let direction = randomDirection(inputs[index].shape, using: &generator)
        let near = phi(index, direction, step) - phi(index, direction, -step)
        let far = phi(index, direction, 2 * step) - phi(index, direction, -2 * step)
        let numeric = (8 * near - far) / (12 * step)
        let gradient = variables[index].gradient ?? Tensor(zeros: inputs[index].shape)
        let analytic = dot(gradient, direction)
        let norms = (dot(gradient, gradient) * dot(direction, direction)).squareRoot()
        let scale = max(1e-8, 1e-3 * norms / Double(max(inputs[index].elementCount, 1)).squareRoot())
        let size = max(analytic.magnitude, numeric.magnitude, scale)
        comparisons.append(
          .init(
            input: index, projection: projection, analytic: analytic, numeric: numeric,
            relativeError: (analytic - numeric).magnitude / size))
      }
    }
    return Result(comparisons: comparisons, tolerance: tolerance)
  }
}

/// Standard normal elements, by the sum of twelve uniform numbers: exact normality does not matter here.
private func randomDirection(
  _ shape: TensorShape, using generator: inout some RandomNumberGenerator
) -> Tensor<Double> {
  Tensor(shape: shape) { buffer in
    for index in buffer.indices {
      buffer[index] = (0..<12).reduce(-6) { sum, _ in sum + generator.uniform(in: 0...1) }
    }
  }
}

private func dot(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double {
  a.withUnsafeBufferPointer { left in
    b.withUnsafeBufferPointer { right in
      left.indices.reduce(0) { $0 + left[$1] * right[$1] }
    }
  }
}

private func adding(
  _ amount: Double, _ direction: Tensor<Double>, to point: Tensor<Double>
) -> Tensor<Double> {
  Tensor(shape: point.shape) { buffer in
    point.withUnsafeBufferPointer { start in
      direction.withUnsafeBufferPointer { step in
        for index in buffer.indices { buffer[index] = start[index] + amount * step[index] }
      }
    }
  }
}
