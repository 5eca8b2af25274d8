/// Reads a run of voxels from where the file stands, converting as it goes.
struct NIfTIVoxelStream {
  let source: NIfTISource
  let scaling: LinearScaling
  private(set) var warnings: [MedIOWarning] = []

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
    guard let base = target.baseAddress else { return }
    if stored == kind && scaling == .identity {
      try fill(target, first: first * stored.byteCount)
      if swaps { ScalarConversion.swapBytes(base, kind, count: count) }
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
      let failure = ScalarConversion.convert(
        chunkBase, stored, to: base + done * kind.byteCount, kind, count: next, scaling: scaling)
      if let failure {
        throw unrepresentable(chunkBase, stored, failure, kind, voxel: first + done + failure)
      }
      done += next
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

  private func unrepresentable(
    _ chunk: UnsafeRawPointer, _ stored: ScalarKind, _ index: Int, _ kind: ScalarKind, voxel: Int
  ) -> MedIOError {
    var value = 0.0
    _ = withUnsafeMutableBytes(of: &value) { bytes in
      bytes.baseAddress.flatMap {
        ScalarConversion.convert(
          chunk + index * stored.byteCount, stored, to: $0, .float64, count: 1, scaling: scaling)
      }
    }
    let components = source.plan.datatype.componentCount
    var rest = voxel / components
    let place = source.plan.lengths.map { length in
      defer { rest /= length }
      return rest % length
    }
    return MedIOError(
      .unrepresentableValue, path: source.file.path,
      context: "the value \(value) at (i, j, k, ...) = \(place) does not exist in \(kind.rawValue)")
  }
}
