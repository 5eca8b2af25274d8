/// Reads a run of voxels from where the file stands, converting as it goes.
struct NIfTIVoxelStream {
  let source: NIfTISource
  let scaling: LinearScaling
  private(set) var warnings: [MedIOWarning] = []
  /// The voxels that were not finite, replaced or not.
  private(set) var nonFinite = NonFiniteVoxels()

  /// Bytes that are read before they are converted: small enough to stay in a cache.
  static let chunkByteCount = 1 << 17

  init(source: NIfTISource, scaling: LinearScaling) {
    self.source = source
    self.scaling = scaling
  }

  /// Fills `target` with values of `kind`. Where the stored values are wanted as they are, they are read in
  /// place.
  ///
  /// - Parameter first: the index of the first value in the file, for messages.
  mutating func read(
    into target: UnsafeMutableRawBufferPointer, kind: ScalarKind, first: Int = 0
  ) throws(MedIOError) {
    let stored = source.plan.datatype.component
    let swaps = source.plan.header.byteOrder != .native && stored.byteCount > 1
    let count = target.count / kind.byteCount
    let components = source.plan.datatype.componentCount
    let replacement = source.options.nonFinite.replacement(in: kind)
    guard let base = target.baseAddress else { return }
    if stored == kind && scaling == .identity {
      try fill(target, first: first * stored.byteCount)
      if swaps { ScalarConversion.swapBytes(base, kind, count: count) }
      nonFinite.meet(target, kind: kind, from: first, components: components, replacement: replacement)
      return
    }
    let perChunk = Self.chunkByteCount / stored.byteCount
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkByteCount, alignment: 64)
    defer { chunk.deallocate() }
    guard let chunkBase = chunk.baseAddress else { return }
    var done = 0
    while done < count {
      let next = min(perChunk, count - done)
      let bytes = UnsafeMutableRawBufferPointer(rebasing: chunk[..<(next * stored.byteCount)])
      try fill(bytes, first: (first + done) * stored.byteCount)
      if swaps { ScalarConversion.swapBytes(chunkBase, stored, count: next) }
      var converted = 0
      while let failure = ScalarConversion.convert(
        chunkBase + converted * stored.byteCount, stored, to: base + (done + converted) * kind.byteCount,
        kind,
        count: next - converted, scaling: scaling, whole: .nearest)
      {
        let place = converted + failure
        let value = trueValue(chunkBase + place * stored.byteCount, stored)
        guard let replacement, !value.isFinite else {
          throw unrepresentable(value, kind, voxel: (first + done + place) / components)
        }
        nonFinite.add((first + done + place) / components)
        store(replacement, at: base + (done + place) * kind.byteCount, kind)
        converted = place + 1
      }
      done += next
    }
    if stored == .float32 || stored == .float64 || scaling != .identity {
      nonFinite.meet(target, kind: kind, from: first, components: components, replacement: replacement)
    }
  }

  /// One value of the file as a number.
  private func trueValue(_ place: UnsafeRawPointer, _ stored: ScalarKind) -> Double {
    var value = 0.0
    withUnsafeMutableBytes(of: &value) { bytes in
      guard let target = bytes.baseAddress else { return }
      _ = ScalarConversion.convert(place, stored, to: target, .float64, count: 1, scaling: scaling)
    }
    return value
  }

  /// Writes a number that `kind` has.
  private func store(_ value: Double, at target: UnsafeMutableRawPointer, _ kind: ScalarKind) {
    withUnsafeBytes(of: value) { bytes in
      guard let source = bytes.baseAddress else { return }
      _ = ScalarConversion.convert(source, .float64, to: target, kind, count: 1)
    }
  }

  /// Fills `bytes` from the file; what is missing is an error, or 0 when that may be repaired.
  private mutating func fill(_ bytes: UnsafeMutableRawBufferPointer, first: Int) throws(MedIOError) {
    let got = try source.file.read(into: bytes)
    guard got < bytes.count else { return }
    let error = source.truncated(got: first + got)
    guard source.fillsMissing else { throw error }
    UnsafeMutableRawBufferPointer(rebasing: bytes[got...]).initializeMemory(as: UInt8.self, repeating: 0)
    if source.options.repairs.contains(.truncatedData) && source.salvages.isEmpty {
      note(.truncatedData, error.context)
    }
  }

  /// Lists a repair once.
  private mutating func note(_ repair: NIfTIRepairs, _ detail: String) {
    let isKnown = warnings.contains { if case .repaired(repair, _) = $0 { true } else { false } }
    if !isKnown { warnings.append(.repaired(repair, detail: detail)) }
  }

  private func unrepresentable(_ value: Double, _ kind: ScalarKind, voxel: Int) -> MedIOError {
    MedIOError(
      .unrepresentableValue, path: source.file.path,
      context:
        "the value \(value) at (i, j, k, ...) = \(source.place(ofVoxel: voxel)) does not exist in \(kind.rawValue)"
    )
  }
}
