internal import CSuperCLKernels

/// Functions of two elements that have a kernel for `Float`.
enum BinaryKernel {
  case add
  case subtract
  case multiply
  case divide
  case maximum
  case minimum

  fileprivate var function: Int32 {
    switch self {
    case .add: Int32(SCL_ADD.rawValue)
    case .subtract: Int32(SCL_SUBTRACT.rawValue)
    case .multiply: Int32(SCL_MULTIPLY.rawValue)
    case .divide: Int32(SCL_DIVIDE.rawValue)
    case .maximum: Int32(SCL_MAXIMUM.rawValue)
    case .minimum: Int32(SCL_MINIMUM.rawValue)
    }
  }
}

/// Functions of one element that have a kernel for `Float`, with the errors that NumericalStability states.
enum UnaryKernel {
  case exponential
  case exponentialMinusOne
  case logarithm
  case logarithmOnePlus
  case hyperbolicTangent
  case sigmoid
  case softplus
  case squareRoot
  case leakyReLU

  fileprivate var function: Int32 {
    switch self {
    case .exponential: Int32(SCL_EXP.rawValue)
    case .exponentialMinusOne: Int32(SCL_EXPM1.rawValue)
    case .logarithm: Int32(SCL_LOG.rawValue)
    case .logarithmOnePlus: Int32(SCL_LOG1P.rawValue)
    case .hyperbolicTangent: Int32(SCL_TANH.rawValue)
    case .sigmoid: Int32(SCL_SIGMOID.rawValue)
    case .softplus: Int32(SCL_SOFTPLUS.rawValue)
    case .squareRoot: Int32(SCL_SQRT.rawValue)
    case .leakyReLU: Int32(SCL_LEAKY_RELU.rawValue)
    }
  }
}

/// Derivatives that have a kernel for `Float`.
enum DerivativeKernel {
  case leakyReLU
  case hyperbolicTangent
  case sigmoid
  case softplus

  fileprivate var function: Int32 {
    switch self {
    case .leakyReLU: Int32(SCL_DERIVATIVE_LEAKY_RELU.rawValue)
    case .hyperbolicTangent: Int32(SCL_DERIVATIVE_TANH.rawValue)
    case .sigmoid: Int32(SCL_DERIVATIVE_SIGMOID.rawValue)
    case .softplus: Int32(SCL_DERIVATIVE_SOFTPLUS.rawValue)
    }
  }
}

/// The two normalisations of a row.
enum SoftmaxKernel {
  case softmax
  case logSoftmax
}

/// The C kernels on broadcast operands; the pointers are those of the first elements.
enum ElementwiseFloat {
  static func run(
    _ kernel: BinaryKernel, _ plan: BroadcastPlan, _ left: UnsafeRawPointer, _ right: UnsafeRawPointer,
    into output: UnsafeMutableRawPointer
  ) {
    let binary = scl_elementwise().pointee.binary
    let function = kernel.function
    let left = left.assumingMemoryBound(to: Float.self)
    let right = right.assumingMemoryBound(to: Float.self)
    let output = output.assumingMemoryBound(to: Float.self)
    let (leftStep, rightStep) = (Int32(plan.leftStep), Int32(plan.rightStep))
    plan.forEachRun { start, leftStart, rightStart, count in
      binary?(function, count, left + leftStart, leftStep, right + rightStart, rightStep, output + start)
    }
  }

  static func run(
    _ kernel: UnaryKernel, parameter: Float = 0, count: Int, _ input: UnsafeRawPointer,
    into output: UnsafeMutableRawPointer
  ) {
    let unary = scl_elementwise().pointee.unary
    let function = kernel.function
    let input = input.assumingMemoryBound(to: Float.self)
    let output = output.assumingMemoryBound(to: Float.self)
    Parallel.for(count, grain: Elementwise.grain) { range in
      unary?(function, parameter, range.count, input + range.lowerBound, output + range.lowerBound)
    }
  }

  static func run(
    _ kernel: DerivativeKernel, parameter: Float = 0, count: Int, gradient: UnsafeRawPointer,
    saved: UnsafeRawPointer, into output: UnsafeMutableRawPointer
  ) {
    let derivative = scl_elementwise().pointee.derivative
    let function = kernel.function
    let gradient = gradient.assumingMemoryBound(to: Float.self)
    let saved = saved.assumingMemoryBound(to: Float.self)
    let output = output.assumingMemoryBound(to: Float.self)
    Parallel.for(count, grain: Elementwise.grain) { range in
      let start = range.lowerBound
      derivative?(function, parameter, range.count, gradient + start, saved + start, output + start)
    }
  }

  /// Softmax, or its logarithm, of rows of `length` floats.
  static func softmax(
    _ kind: SoftmaxKernel, rows: Int, length: Int, _ input: UnsafeRawPointer,
    into output: UnsafeMutableRawPointer
  ) {
    let kernels = scl_elementwise().pointee
    let kernel = kind == .softmax ? kernels.softmax : kernels.log_softmax
    let input = input.assumingMemoryBound(to: Float.self)
    let output = output.assumingMemoryBound(to: Float.self)
    Parallel.for(rows, grain: max(1, Elementwise.grain / length)) { range in
      let start = range.lowerBound * length
      kernel?(range.count, length, input + start, output + start)
    }
  }
}
