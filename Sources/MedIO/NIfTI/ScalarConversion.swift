import Tensor

/// True value = slope x stored value + intercept.
struct LinearScaling: Hashable, Sendable {
  var slope: Double
  var intercept: Double
  static let identity = LinearScaling(slope: 1, intercept: 0)
}

/// The types that single values have in files and tensors alike.
enum ScalarKind: String, Hashable, Sendable, CaseIterable {
  case uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, float64

  var byteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// The kind of a tensor's scalar, or `nil` for a type that no file holds.
  init?<Scalar: TensorScalar>(_ type: Scalar.Type) { self.init(rawValue: Scalar.scalarName) }
}

/// Which values an integer type takes.
enum WholeNumbers {
  /// Whole numbers alone, as for writing.
  case exact
  /// Also values that the rounding of a 32-bit slope or value has put beside one, as for reading.
  case nearest

  /// The most that a value may lie off a whole number, as a share of the terms it is the sum of: a few steps of a
  /// 32-bit number. Half a quantization step of a 16-bit file is 7.6e-6 of its range.
  static let share = 1e-6
  /// The most in all: from 10,000 on, the share would no longer tell a half step.
  static let most = 0.01
}

/// Conversion of runs of values. Nothing is clamped or truncated: a value that the target cannot hold ends
/// the run. Integers into floating-point types round to the nearest; NaN and infinities survive there.
enum ScalarConversion {
  /// Converts `count` values; returns the index of the first one that `target` cannot hold, or `nil`.
  static func convert(
    _ source: UnsafeRawPointer, _ sourceKind: ScalarKind, to target: UnsafeMutableRawPointer,
    _ targetKind: ScalarKind, count: Int, scaling: LinearScaling = .identity, whole: WholeNumbers = .exact
  ) -> Int? {
    if sourceKind == targetKind && scaling == .identity {
      if source != UnsafeRawPointer(target) {
        target.copyMemory(from: source, byteCount: count * sourceKind.byteCount)
      }
      return nil
    }
    switch targetKind {
    case .uint8: return integers(source, sourceKind, target, UInt8.self, count, scaling, whole)
    case .int8: return integers(source, sourceKind, target, Int8.self, count, scaling, whole)
    case .uint16: return integers(source, sourceKind, target, UInt16.self, count, scaling, whole)
    case .int16: return integers(source, sourceKind, target, Int16.self, count, scaling, whole)
    case .uint32: return integers(source, sourceKind, target, UInt32.self, count, scaling, whole)
    case .int32: return integers(source, sourceKind, target, Int32.self, count, scaling, whole)
    case .uint64: return integers(source, sourceKind, target, UInt64.self, count, scaling, whole)
    case .int64: return integers(source, sourceKind, target, Int64.self, count, scaling, whole)
    case .float32: floats(source, sourceKind, target, Float.self, count, scaling)
    case .float64: floats(source, sourceKind, target, Double.self, count, scaling)
    }
    return nil
  }

  /// Reverses the bytes of every value in place.
  static func swapBytes(_ values: UnsafeMutableRawPointer, _ kind: ScalarKind, count: Int) {
    switch kind.byteCount {
    case 2: swapBytes(values.assumingMemoryBound(to: UInt16.self), count)
    case 4: swapBytes(values.assumingMemoryBound(to: UInt32.self), count)
    case 8: swapBytes(values.assumingMemoryBound(to: UInt64.self), count)
    default: break
    }
  }

  private static func swapBytes<Word: FixedWidthInteger>(_ values: UnsafeMutablePointer<Word>, _ count: Int) {
    for index in 0..<count { values[index] = values[index].byteSwapped }
  }

  // MARK: Into integers

  private static func integers<Target: FixedWidthInteger>(
    _ source: UnsafeRawPointer, _ kind: ScalarKind, _ target: UnsafeMutableRawPointer, _ type: Target.Type,
    _ count: Int, _ scaling: LinearScaling, _ whole: WholeNumbers
  ) -> Int? {
    let target = target.assumingMemoryBound(to: Target.self)
    func integer<Source: FixedWidthInteger>(_ type: Source.Type) -> Int? {
      let source = source.assumingMemoryBound(to: Source.self)
      return scaling == .identity
        ? exactIntegers(source, target, count)
        : scaledIntegers(source, target, count, scaling, whole) { Double($0) }
    }
    switch kind {
    case .uint8: return integer(UInt8.self)
    case .int8: return integer(Int8.self)
    case .uint16: return integer(UInt16.self)
    case .int16: return integer(Int16.self)
    case .uint32: return integer(UInt32.self)
    case .int32: return integer(Int32.self)
    case .uint64: return integer(UInt64.self)
    case .int64: return integer(Int64.self)
    case .float32:
      return scaledIntegers(source.assumingMemoryBound(to: Float.self), target, count, scaling, whole) {
        Double($0)
      }
    case .float64:
      return scaledIntegers(source.assumingMemoryBound(to: Double.self), target, count, scaling, whole) { $0 }
    }
  }

  private static func exactIntegers<Source: FixedWidthInteger, Target: FixedWidthInteger>(
    _ source: UnsafePointer<Source>, _ target: UnsafeMutablePointer<Target>, _ count: Int
  ) -> Int? {
    // First without branches, so that it vectorizes; only a failure looks for its place.
    var difference = false
    for index in 0..<count {
      let value = source[index]
      let converted = Target(truncatingIfNeeded: value)
      target[index] = converted
      difference =
        difference || (Source(truncatingIfNeeded: converted) != value || (converted < 0) != (value < 0))
    }
    return difference ? (0..<count).first { Target(exactly: source[$0]) == nil } : nil
  }

  private static func scaledIntegers<Source, Target: FixedWidthInteger>(
    _ source: UnsafePointer<Source>, _ target: UnsafeMutablePointer<Target>, _ count: Int,
    _ scaling: LinearScaling, _ whole: WholeNumbers, _ double: (Source) -> Double
  ) -> Int? {
    for index in 0..<count {
      let product = double(source[index]) * scaling.slope
      let value = product + scaling.intercept
      if let integer = Target(exactly: value) {
        target[index] = integer
        continue
      }
      // The rounding of the terms stays when they cancel: label 0 of -1 + 1 may be 6e-8.
      let terms = product.magnitude + scaling.intercept.magnitude
      let nearest = value.rounded()
      guard whole == .nearest, abs(value - nearest) <= min(WholeNumbers.share * terms, WholeNumbers.most),
        let integer = Target(exactly: nearest)
      else { return index }
      target[index] = integer
    }
    return nil
  }

  // MARK: Into floating point

  private static func floats<Target: BinaryFloatingPoint>(
    _ source: UnsafeRawPointer, _ kind: ScalarKind, _ target: UnsafeMutableRawPointer, _ type: Target.Type,
    _ count: Int, _ scaling: LinearScaling
  ) {
    let target = target.assumingMemoryBound(to: Target.self)
    func integer<Source: FixedWidthInteger>(_ type: Source.Type) {
      let source = source.assumingMemoryBound(to: Source.self)
      if scaling == .identity {
        for index in 0..<count { target[index] = Target(source[index]) }
      } else {
        for index in 0..<count {
          target[index] = Target(Double(source[index]) * scaling.slope + scaling.intercept)
        }
      }
    }
    func float<Source: BinaryFloatingPoint>(_ type: Source.Type) {
      let source = source.assumingMemoryBound(to: Source.self)
      if scaling == .identity {
        for index in 0..<count { target[index] = Target(source[index]) }
      } else {
        for index in 0..<count {
          target[index] = Target(Double(source[index]) * scaling.slope + scaling.intercept)
        }
      }
    }
    switch kind {
    case .uint8: integer(UInt8.self)
    case .int8: integer(Int8.self)
    case .uint16: integer(UInt16.self)
    case .int16: integer(Int16.self)
    case .uint32: integer(UInt32.self)
    case .int32: integer(Int32.self)
    case .uint64: integer(UInt64.self)
    case .int64: integer(Int64.self)
    case .float32: float(Float.self)
    case .float64: float(Double.self)
    }
  }
}
