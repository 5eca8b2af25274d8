import Foundation

/// An open NIfTI file whose header and extensions are read and checked; its voxels come next.
final class NIfTISource {
  let plan: NIfTIPlan
  let extensions: [NIfTIExtension]
  let file: ZNZFile
  let options: NIfTIReadOptions
  /// The damaged files whose content was salvaged.
  let salvages: [GzipSalvage]

  init(path: String, options: NIfTIReadOptions, salvages: [GzipSalvage] = []) throws(MedIOError) {
    self.salvages = salvages
    func open(_ path: String) throws(MedIOError) -> ZNZFile {
      try ZNZFile(reading: path, from: salvages.first { $0.original == path }?.path)
    }
    let pair = try NIfTIFilePair(reading: path)
    let headerFile = try open(pair.headerPath)
    let header = try Self.readHeader(headerFile)
    var plan = try NIfTIPlan(
      validating: header, isPair: pair.isPair, path: pair.headerPath, options: options)
    let saysPair = header.magic.count > 1 && header.magic[1] == UInt8(ascii: "i")
    if saysPair != pair.isPair { plan.warnings.append(.magicDoesNotMatchFile) }
    let end =
      pair.isPair
      ? (headerFile.isCompressed ? options.limits.extensionByteCount : headerFile.fileSize) : plan.dataOffset
    var parser = NIfTIExtensionParser(file: headerFile, end: end, isPair: pair.isPair, options: options)
    parser.isSalvaged = salvages.contains { $0.original == pair.headerPath }
    try parser.parse(&plan)
    extensions = parser.extensions
    for salvage in salvages { plan.warnings.append(.repaired(.corruptGzip, detail: salvage.fault.context)) }
    self.plan = plan
    self.options = options
    file = pair.isPair ? try open(pair.dataPath) : headerFile
  }

  /// Opens a file for `body`; where a damaged gzip may be repaired and `body` meets one, salvages what is in it
  /// and starts again with that.
  static func reading<Result>(
    _ path: String, options: NIfTIReadOptions, salvages: [GzipSalvage] = [],
    _ body: (NIfTISource) throws(MedIOError) -> Result
  ) throws(MedIOError) -> Result {
    do throws(MedIOError) {
      return try body(NIfTISource(path: path, options: options, salvages: salvages))
    } catch {
      guard case .corruptGzip = error.code, options.repairs.contains(.corruptGzip),
        !salvages.contains(where: { $0.original == error.path })
      else { throw error }
      let salvage = try GzipSalvage(of: error, limits: options.limits)
      return try reading(path, options: options, salvages: salvages + [salvage], body)
    }
  }

  /// Whether voxels that are missing are 0.
  var fillsMissing: Bool {
    options.repairs.contains(.truncatedData) || salvages.contains { $0.original == file.path }
  }

  /// Reads and decodes the header, after checking size, version and byte order.
  private static func readHeader(_ file: ZNZFile) throws(MedIOError) -> NIfTIHeader {
    func fail(_ code: MedIOError.Code, _ field: String?, _ context: String) -> MedIOError {
      MedIOError(code, path: file.path, field: field, context: context)
    }
    var bytes = try file.read(count: 348)
    guard bytes.count == 348 else {
      throw fail(.truncatedHeader, nil, "truncated header: \(bytes.count) bytes, a header has 348 or 540")
    }
    let first = bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
    let version: NIfTIHeader.Version
    let order: NIfTIByteOrder
    let other: NIfTIByteOrder = NIfTIByteOrder.native == .littleEndian ? .bigEndian : .littleEndian
    switch (first, first.byteSwapped) {
    case (348, _): (version, order) = (.nifti1, .native)
    case (540, _): (version, order) = (.nifti2, .native)
    case (_, 348): (version, order) = (.nifti1, other)
    case (_, 540): (version, order) = (.nifti2, other)
    default: throw fail(.notNIfTI, "sizeof_hdr", "not NIfTI: sizeof_hdr is \(first), not 348 or 540")
    }
    if version == .nifti2 {
      bytes += try file.read(count: 540 - 348)
      guard bytes.count == 540 else {
        throw fail(.truncatedHeader, nil, "truncated header: \(bytes.count) bytes of a NIfTI-2 header's 540")
      }
    }
    let header = NIfTIHeader(decoding: bytes, version: version, byteOrder: order)
    let magics: [[UInt8]] =
      version == .nifti1
      ? [Array("n+1\0".utf8), Array("ni1\0".utf8)]
      : ["n+2", "ni2"].map { Array($0.utf8) + [0, 0x0d, 0x0a, 0x1a, 0x0a] }
    guard magics.contains(header.magic) else {
      let hint = header.magic.allSatisfy { $0 == 0 } ? " (perhaps ANALYZE 7.5)" : ""
      throw fail(.notNIfTI, "magic", "not NIfTI: the magic is \(header.magic)\(hint)")
    }
    // A rank that makes sense only in the other byte order: sizeof_hdr and the rest disagree.
    let swapped =
      version == .nifti1
      ? Int(Int16(truncatingIfNeeded: header.dim[0]).byteSwapped) : header.dim[0].byteSwapped
    if !(1...7).contains(header.dim[0]) && (1...7).contains(swapped) {
      throw fail(.notNIfTI, "dim[0]", "not NIfTI: sizeof_hdr and dim[0] are in different byte orders")
    }
    return header
  }

  /// Goes to the first voxel.
  ///
  /// A file that cannot hold the voxels is refused here, before memory for them is asked for.
  ///
  /// - Parameters:
  ///   - valueCount: how many values are wanted at once; all of them when `nil`.
  ///   - bytesPerValue: the memory of one of them.
  func beginVoxels(valueCount: Int? = nil, bytesPerValue: Int) throws(MedIOError) {
    if file.isCompressed {
      // Deflate cannot expand by more than 1,032; beyond that only counting tells what is really there.
      let bound = file.fileSize.multipliedReportingOverflow(by: 1032)
      if !bound.overflow && plan.byteCount > bound.partialValue { try failTruncated() }
    } else if plan.byteCount > file.fileSize - min(plan.dataOffset, file.fileSize) {
      let got = file.fileSize - min(plan.dataOffset, file.fileSize)
      guard fillsMissing else { throw truncated(got: got) }
    }
    try plan.check(
      options.limits, valueCount: valueCount, bytesPerValue: bytesPerValue, path: file.path)
    let bound = options.limits.expansionBound(ofGzip: file.fileSize)
    if file.isCompressed {
      let (total, overflow) = plan.dataOffset.addingReportingOverflow(plan.byteCount)
      if overflow || total > bound {
        throw MedIOError(
          .exceedsLimit, path: file.path,
          context:
            "\(plan.byteCount) bytes claimed, the limit for a gzip file of \(file.fileSize) bytes is \(bound)"
        )
      }
    }
    let reached = try file.skip(to: plan.dataOffset)
    guard reached == plan.dataOffset || fillsMissing else { throw truncated(got: 0) }
  }

  func truncated(got: Int) -> MedIOError {
    MedIOError(
      .truncatedData(expected: plan.byteCount, got: got), path: file.path,
      context: "truncated data: \(plan.byteCount) bytes expected, \(got) found")
  }

  /// Counts what a stream that is too short really holds.
  private func failTruncated() throws(MedIOError) {
    let bound = options.limits.expansionBound(ofGzip: file.fileSize)
    let end = try file.skip(to: .max, bound: bound)
    throw truncated(got: max(0, end - plan.dataOffset))
  }
}
