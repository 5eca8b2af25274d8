import Tensor

/// The voxels that were not finite where a file was read: how many, and which came first.
struct NonFiniteVoxels: Hashable, Sendable {
  /// Voxels of which a component is NaN or infinite.
  private(set) var count = 0
  /// The index of the first one in the file.
  private(set) var first: Int?
  private var last: Int?

  /// Counts a voxel; its further components, which come next, do not count again.
  mutating func add(_ voxel: Int) {
    guard voxel != last else { return }
    last = voxel
    count += 1
    first = first ?? voxel
  }

  mutating func formUnion(_ other: NonFiniteVoxels) {
    count += other.count
    first = [first, other.first].compactMap(\.self).min()
  }

  /// Counts the values that are not finite and puts `replacement` in their place, where there is one.
  ///
  /// - Parameters:
  ///   - values: floating-point values of `kind`.
  ///   - index: the index of the first one among the file's values.
  ///   - components: the values of a voxel.
  ///
  /// O(values); a look at the bits of the exponent alone, which vectorizes.
  mutating func meet(
    _ values: UnsafeMutableRawBufferPointer, kind: ScalarKind, from index: Int, components: Int,
    replacement: Double?
  ) {
    switch kind {
    case .float32:
      meet(
        values.assumingMemoryBound(to: UInt32.self), exponent: Float.infinity.bitPattern, index, components,
        replacement.map { Float($0).bitPattern })
    case .float64:
      meet(
        values.assumingMemoryBound(to: UInt64.self), exponent: Double.infinity.bitPattern, index, components,
        replacement.map(\.bitPattern))
    default: return
    }
  }

  private mutating func meet<Bits: FixedWidthInteger>(
    _ values: UnsafeMutableBufferPointer<Bits>, exponent: Bits, _ index: Int, _ components: Int,
    _ replacement: Bits?
  ) {
    let block = 4096
    for start in stride(from: 0, to: values.count, by: block) {
      let range = start..<min(start + block, values.count)
      var isAnyFound = false
      for place in range { isAnyFound = isAnyFound || values[place] & exponent == exponent }
      guard isAnyFound else { continue }
      for place in range where values[place] & exponent == exponent {
        add((index + place) / components)
        if let replacement { values[place] = replacement }
      }
    }
  }
}

extension NIfTIReadOptions.NonFinitePolicy {
  /// What stands for a value that is not finite; `nil` where it stays.
  ///
  /// - Precondition: it exists in `kind`.
  func replacement(in kind: ScalarKind) -> Double? {
    guard case .replace(let value) = self else { return nil }
    var target: UInt64 = 0
    let failure = withUnsafeBytes(of: value) { source in
      withUnsafeMutableBytes(of: &target) { target -> Int? in
        guard let from = source.baseAddress, let to = target.baseAddress else { return nil }
        return ScalarConversion.convert(from, .float64, to: to, kind, count: 1)
      }
    }
    let isFinite = kind == .float32 ? Float(value).isFinite : value.isFinite
    shapePrecondition(
      isFinite && failure == nil, "\(value) cannot replace values of \(kind.rawValue) that are not finite")
    return value
  }
}

extension NIfTISource {
  /// The warning for voxels that are not finite, if there are any.
  ///
  /// - Throws: `nonFiniteVoxels` where the options refuse them.
  func judged(_ found: NonFiniteVoxels) throws(MedIOError) -> [MedIOWarning] {
    guard let first = found.first else { return [] }
    let warning = MedIOWarning.nonFiniteVoxels(
      count: found.count, first: place(ofVoxel: first), replacement: replacement)
    guard options.nonFinite == .refuse else { return [warning] }
    throw MedIOError(
      .nonFiniteVoxels(count: found.count), path: file.path, context: "\(warning)")
  }

  private var replacement: Double? {
    if case .replace(let value) = options.nonFinite { value } else { nil }
  }

  /// (i, j, k, ...) of a voxel by its index in the file.
  func place(ofVoxel voxel: Int) -> [Int] {
    var rest = voxel
    return plan.lengths.map { length in
      defer { rest /= length }
      return rest % length
    }
  }
}
