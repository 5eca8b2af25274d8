/// What a valid header says about the voxels behind it: everything that reading needs, checked.
struct NIfTIPlan {
  /// The header, with repairs in place.
  var header: NIfTIHeader
  var datatype: NIfTIDatatype
  /// Lengths along i, j, k, ...; trailing ones behind the third axis dropped.
  var lengths: [Int]
  /// Voxels in the file.
  var voxelCount: Int
  /// Bytes that they take in the file.
  var byteCount: Int
  /// Where they begin.
  var dataOffset: Int
  var scaling: LinearScaling
  var affine: VoxelAffine
  /// The form that gave the affine.
  var affineSource: NIfTIReadOptions.AffineSource
  var warnings: [MedIOWarning] = []

  /// The shape of the tensor: the lengths reversed, and the components last.
  var shape: [Int] {
    lengths.reversed() + (datatype.componentCount > 1 ? [datatype.componentCount] : [])
  }
  /// Values in the file: voxels times components.
  var valueCount: Int { voxelCount * datatype.componentCount }
}

extension NIfTIPlan {
  /// Checks a decoded header.
  ///
  /// - Parameter isPair: whether the voxels stand in a file of their own.
  init(validating decoded: NIfTIHeader, isPair: Bool, path: String, options: NIfTIReadOptions)
    throws(MedIOError)
  {
    var header = decoded
    var warnings: [MedIOWarning] = []
    func fail(_ code: MedIOError.Code, _ field: String?, _ context: String) -> MedIOError {
      MedIOError(code, path: path, field: field, context: context)
    }
    try Self.checkDimensions(header, path)
    guard let datatype = header.datatype else {
      let name = NIfTIDatatype.refusedName(of: header.datatypeCode)
      throw fail(.unsupportedDatatype, "datatype", "unsupported datatype \(header.datatypeCode) (\(name))")
    }
    if header.bitpix != datatype.byteCount * 8 {
      let detail = "bitpix is \(header.bitpix), datatype \(datatype) needs \(datatype.byteCount * 8)"
      guard options.repairs.contains(.bitpix) else { throw fail(.inconsistentBitpix, "bitpix", detail) }
      header.bitpix = datatype.byteCount * 8
      warnings.append(.repaired(.bitpix, detail: detail))
    }
    let lengths = header.lengths
    var voxels = 1
    for length in lengths {
      let (product, overflow) = voxels.multipliedReportingOverflow(by: length)
      guard !overflow else {
        throw fail(.dimensionOverflow, "dim", "dim \(lengths) holds more voxels than can be counted")
      }
      voxels = product
    }
    let (bytes, overflow) = voxels.multipliedReportingOverflow(by: datatype.byteCount)
    guard !overflow else {
      throw fail(
        .dimensionOverflow, "dim", "dim \(lengths) of \(datatype) takes more bytes than can be counted")
    }

    dataOffset = try Self.dataOffset(&header, isPair: isPair, path, options, &warnings)
    guard !dataOffset.addingReportingOverflow(bytes).overflow else {
      throw fail(
        .dimensionOverflow, "vox_offset",
        "\(bytes) bytes from vox_offset \(dataOffset) on end beyond what can be counted")
    }
    scaling = try Self.scaling(&header, datatype, path, options, &warnings)
    switch header.placement(source: options.affineSource) {
    case .success(let placement):
      (affine, affineSource) = (placement.affine, placement.source)
      warnings += placement.warnings
    case .failure(let fault):
      guard options.repairs.contains(.affine),
        case .success(let placement) = header.placement(source: .voxelSizes)
      else { throw fail(.badAffine, nil, "no affine: \(fault.reason)") }
      (affine, affineSource) = (placement.affine, placement.source)
      warnings += [.repaired(.affine, detail: "affine from voxel sizes, as \(fault.reason)")]
      warnings += placement.warnings
    }
    self.header = header
    self.datatype = datatype
    self.lengths = lengths
    voxelCount = voxels
    byteCount = bytes
    self.warnings = warnings
  }

  private static func checkDimensions(_ header: NIfTIHeader, _ path: String) throws(MedIOError) {
    func fail(_ axis: Int, _ reason: String) -> MedIOError {
      MedIOError(
        .badDimensions, path: path, field: "dim[\(axis)]",
        context: "bad dimensions: dim[\(axis)] is \(header.dim[axis]), \(reason)")
    }
    let rank = header.dim[0]
    guard (1...7).contains(rank) else { throw fail(0, "not in 1...7") }
    for axis in 1...rank where header.dim[axis] < 1 { throw fail(axis, "below 1") }
  }

  private static func dataOffset(
    _ header: inout NIfTIHeader, isPair: Bool, _ path: String, _ options: NIfTIReadOptions,
    _ warnings: inout [MedIOWarning]
  ) throws(MedIOError) -> Int {
    let least = isPair ? 0 : header.version.minimumVoxOffset
    let value = header.voxOffset
    guard isFiniteInt64(value), value >= Double(least) else {
      let detail = "vox_offset is \(value), the first possible one is \(least)"
      guard options.repairs.contains(.voxOffset) else {
        throw MedIOError(.badVoxOffset, path: path, field: "vox_offset", context: detail)
      }
      warnings.append(.repaired(.voxOffset, detail: detail))
      header.voxOffset = Double(least)
      return least
    }
    if value != value.rounded(.down) { warnings.append(.fractionalVoxOffset(value)) }
    return Int(value)
  }

  private static func scaling(
    _ header: inout NIfTIHeader, _ datatype: NIfTIDatatype, _ path: String, _ options: NIfTIReadOptions,
    _ warnings: inout [MedIOWarning]
  ) throws(MedIOError) -> LinearScaling {
    // The standard does not scale colors.
    guard datatype != .rgb24 && datatype != .rgba32 else { return .identity }
    let (slope, intercept) = (header.sclSlope, header.sclInter)
    if slope == 0 { return .identity }
    if slope.isNaN {
      warnings.append(.slopeIsNaN)
      return .identity
    }
    guard slope.isFinite && intercept.isFinite else {
      let detail = "scl_slope is \(slope), scl_inter \(intercept)"
      guard options.repairs.contains(.scaling) else {
        throw MedIOError(
          .badScaling, path: path, field: slope.isFinite ? "scl_inter" : "scl_slope", context: detail)
      }
      warnings.append(.repaired(.scaling, detail: detail))
      (header.sclSlope, header.sclInter) = (1, 0)
      return .identity
    }
    return LinearScaling(slope: slope, intercept: intercept)
  }

  /// Checks the claims against the limits, before anything is allocated.
  func check(
    _ limits: NIfTIReadLimits, valueCount wanted: Int? = nil, bytesPerValue: Int, path: String
  ) throws(MedIOError) {
    func refuse(_ what: String, _ value: Int, _ limit: Int) -> MedIOError {
      MedIOError(.exceedsLimit, path: path, context: "\(value) \(what) claimed, the limit is \(limit)")
    }
    if wanted == nil && voxelCount > limits.voxelCount {
      throw refuse("voxels", voxelCount, limits.voxelCount)
    }
    let (result, overflow) = (wanted ?? valueCount).multipliedReportingOverflow(by: bytesPerValue)
    let most = overflow ? Int.max : max(wanted == nil ? byteCount : 0, result)
    if most > limits.byteCount { throw refuse("bytes", most, limits.byteCount) }
  }
}
