/// The loops behind all elementwise operators: one element in or two, one out.
///
/// They are inlined into operators that are specialised by scalar, so that the function inlines too.
enum Elementwise {
  /// Elements per parallel chunk.
  static let grain = 1 << 15

  /// What the profiler records of a loop over `count` results of one type.
  @inline(__always)
  private static func measure<Scalar, Result>(
    _ name: StaticString, operands: Int, _ count: Int, _: Scalar.Type, _ body: () -> Result
  ) -> Result {
    Profiler.measure(
      name.operatorName, flops: count, bytes: (operands + 1) * count * MemoryLayout<Scalar>.stride, body)
  }

  /// `kernel` computes `Float`, `function` the other scalars. The name, for the profiler, is the operator's.
  @inline(__always)
  static func map<Scalar>(
    _ input: Tensor<Scalar>, _ kernel: UnaryKernel, parameter: Float = 0, name: StaticString = #function,
    _ function: (Scalar) -> Scalar
  ) -> Tensor<Scalar> {
    guard Scalar.self == Float.self else { return map(input, name: name, function) }
    return measure(name, operands: 1, input.elementCount, Scalar.self) {
      Tensor(shape: input.shape) { output in
        guard let output = output.baseAddress else { return }
        input.withUnsafeBufferPointer { input in
          guard let start = input.baseAddress else { return }
          ElementwiseFloat.run(kernel, parameter: parameter, count: input.count, start, into: output)
        }
      }
    }
  }

  @inline(__always)
  static func map<Input, Output>(
    _ input: Tensor<Input>, name: StaticString = #function, _ function: (Input) -> Output
  ) -> Tensor<Output> {
    measure(name, operands: 1, input.elementCount, Output.self) {
      Tensor(shape: input.shape) { output in
        input.withUnsafeBufferPointer { input in
          Parallel.for(output.count, grain: grain) { range in
            for index in range { output[index] = function(input[index]) }
          }
        }
      }
    }
  }

  @inline(__always)
  static func update<Scalar>(
    _ tensor: inout Tensor<Scalar>, name: StaticString = #function, _ function: (Scalar) -> Scalar
  ) {
    measure(name, operands: 1, tensor.elementCount, Scalar.self) {
      tensor.withUnsafeMutableBufferPointer { elements in
        Parallel.for(elements.count, grain: grain) { range in
          for index in range { elements[index] = function(elements[index]) }
        }
      }
    }
  }

  /// - Parameter kernel: what computes `Float` in place of `function`, if all scalars are floats.
  @inline(__always)
  static func zip<Left, Right, Output>(
    _ left: Tensor<Left>, _ right: Tensor<Right>, _ kernel: BinaryKernel? = nil,
    name: StaticString = #function, _ function: (Left, Right) -> Output
  ) -> Tensor<Output> {
    let plan = BroadcastPlan(left.shape, right.shape)
    return measure(name, operands: 2, plan.shape.elementCount, Output.self) {
      Tensor(shape: plan.shape) { output in
        left.withUnsafeBufferPointer { left in
          right.withUnsafeBufferPointer { right in
            run(plan, left, right, into: output, kernel, function)
          }
        }
      }
    }
  }

  @inline(__always)
  static func zip<Scalar>(
    _ left: Tensor<Scalar>, _ right: Scalar, _ kernel: BinaryKernel, name: StaticString = #function,
    _ function: (Scalar, Scalar) -> Scalar
  ) -> Tensor<Scalar> { zip(left, Tensor(right), kernel, name: name, function) }

  @inline(__always)
  static func zip<Scalar>(
    _ left: Scalar, _ right: Tensor<Scalar>, _ kernel: BinaryKernel, name: StaticString = #function,
    _ function: (Scalar, Scalar) -> Scalar
  ) -> Tensor<Scalar> { zip(Tensor(left), right, kernel, name: name, function) }

  @inline(__always)
  static func update<Scalar>(
    _ left: inout Tensor<Scalar>, _ right: Scalar, _ kernel: BinaryKernel, name: StaticString = #function,
    _ function: (Scalar, Scalar) -> Scalar
  ) { update(&left, Tensor(right), kernel, name: name, function) }

  /// `left = function(left, right)`, in place when `left` is the only owner of its buffer.
  ///
  /// - Precondition: `right` broadcasts to the shape of `left`.
  @inline(__always)
  static func update<Left, Right>(
    _ left: inout Tensor<Left>, _ right: Tensor<Right>, _ kernel: BinaryKernel? = nil,
    name: StaticString = #function, _ function: (Left, Right) -> Left
  ) {
    let plan = BroadcastPlan(left.shape, right.shape)
    shapePrecondition(
      plan.shape == left.shape, "shape \(right.shape) does not broadcast to \(left.shape) in place")
    measure(name, operands: 2, left.elementCount, Left.self) {
      left.withUnsafeMutableBufferPointer { output in
        right.withUnsafeBufferPointer { right in
          run(plan, UnsafeBufferPointer(output), right, into: output, kernel, function)
        }
      }
    }
  }

  @inline(__always)
  private static func run<Left, Right, Output>(
    _ plan: BroadcastPlan, _ left: UnsafeBufferPointer<Left>, _ right: UnsafeBufferPointer<Right>,
    into output: UnsafeMutableBufferPointer<Output>, _ kernel: BinaryKernel?,
    _ function: (Left, Right) -> Output
  ) {
    guard let output = output.baseAddress, let left = left.baseAddress, let right = right.baseAddress
    else { return }
    if let kernel, Left.self == Float.self, Right.self == Float.self, Output.self == Float.self {
      ElementwiseFloat.run(kernel, plan, left, right, into: output)
      return
    }
    plan.forEachRun { start, leftStart, rightStart, count in
      let output = output + start
      let left = left + leftStart
      let right = right + rightStart
      if plan.leftStep == 1, plan.rightStep == 1 {
        for index in 0..<count { output[index] = function(left[index], right[index]) }
      } else if plan.leftStep == 1 {
        let right = right[0]
        for index in 0..<count { output[index] = function(left[index], right) }
      } else {
        let left = left[0]
        for index in 0..<count { output[index] = function(left, right[index]) }
      }
    }
  }
}

extension StaticString {
  /// The name of an operator from that of its function: `exp` from `exp()`.
  var operatorName: String { String(description.prefix { $0 != "(" }) }
}
