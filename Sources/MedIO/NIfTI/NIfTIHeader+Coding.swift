import Tensor
/// The two layouts, each written down once: the same walk over the fields decodes and encodes.
extension NIfTIHeader {
  /// The header in the bytes of a file, unchecked.
  ///
  /// - Precondition: `bytes` has the version's size.
  init(decoding bytes: [UInt8], version: Version, byteOrder: NIfTIByteOrder) {
    shapePrecondition(
      bytes.count == version.byteCount, "\(bytes.count) bytes are no header of \(version.byteCount)")
    self.init(version: version, byteOrder: byteOrder)
    var fields = HeaderFields(bytes: bytes, byteOrder: byteOrder, isDecoding: true)
    walk(&fields)
  }

  /// The header's bytes in its version and byte order.
  func encoded() -> [UInt8] {
    var fields = HeaderFields(
      bytes: [UInt8](repeating: 0, count: version.byteCount), byteOrder: byteOrder, isDecoding: false)
    var copy = self
    copy.walk(&fields)
    return fields.bytes
  }

  private mutating func walk(_ fields: inout HeaderFields) {
    switch version {
    case .nifti1: walkNIfTI1(&fields)
    case .nifti2: walkNIfTI2(&fields)
    }
  }

  private mutating func walkNIfTI1(_ fields: inout HeaderFields) {
    var size = 348
    fields.int32(0, &size)
    fields.bytes(4, &unusedBytes, count: 28)
    fields.int32(32, &unusedNumbers[0])
    fields.int16(36, &unusedNumbers[1])
    fields.int8(38, &unusedNumbers[2])
    fields.int8(39, &dimInfo)
    for axis in 0..<8 { fields.int16(40 + 2 * axis, &dim[axis]) }
    for index in 0..<3 { fields.float32(56 + 4 * index, &intentParameters[index]) }
    fields.int16(68, &intentCode)
    fields.int16(70, &datatypeCode)
    fields.int16(72, &bitpix)
    fields.int16(74, &sliceStart)
    for axis in 0..<8 { fields.float32(76 + 4 * axis, &pixdim[axis]) }
    fields.float32(108, &voxOffset)
    fields.float32(112, &sclSlope)
    fields.float32(116, &sclInter)
    fields.int16(120, &sliceEnd)
    fields.int8(122, &sliceCode)
    fields.int8(123, &xyztUnits)
    fields.float32(124, &calMax)
    fields.float32(128, &calMin)
    fields.float32(132, &sliceDuration)
    fields.float32(136, &toffset)
    fields.int32(140, &unusedNumbers[3])
    fields.int32(144, &unusedNumbers[4])
    fields.bytes(148, &descripBytes, count: 80)
    fields.bytes(228, &auxFileBytes, count: 24)
    fields.int16(252, &qformCode)
    fields.int16(254, &sformCode)
    for index in 0..<3 { fields.float32(256 + 4 * index, &quaternion[index]) }
    for index in 0..<3 { fields.float32(268 + 4 * index, &qoffset[index]) }
    for index in 0..<12 { fields.float32(280 + 4 * index, &srow[index]) }
    fields.bytes(328, &intentNameBytes, count: 16)
    fields.bytes(344, &magic, count: 4)
  }

  private mutating func walkNIfTI2(_ fields: inout HeaderFields) {
    var size = 540
    fields.int32(0, &size)
    fields.bytes(4, &magic, count: 8)
    fields.int16(12, &datatypeCode)
    fields.int16(14, &bitpix)
    for axis in 0..<8 { fields.int64(16 + 8 * axis, &dim[axis]) }
    for index in 0..<3 { fields.float64(80 + 8 * index, &intentParameters[index]) }
    for axis in 0..<8 { fields.float64(104 + 8 * axis, &pixdim[axis]) }
    var offset = isFiniteInt64(voxOffset) ? Int(voxOffset) : 0
    fields.int64(168, &offset)
    if fields.isDecoding { voxOffset = Double(offset) }
    fields.float64(176, &sclSlope)
    fields.float64(184, &sclInter)
    fields.float64(192, &calMax)
    fields.float64(200, &calMin)
    fields.float64(208, &sliceDuration)
    fields.float64(216, &toffset)
    fields.int64(224, &sliceStart)
    fields.int64(232, &sliceEnd)
    fields.bytes(240, &descripBytes, count: 80)
    fields.bytes(320, &auxFileBytes, count: 24)
    fields.int32(344, &qformCode)
    fields.int32(348, &sformCode)
    for index in 0..<3 { fields.float64(352 + 8 * index, &quaternion[index]) }
    for index in 0..<3 { fields.float64(376 + 8 * index, &qoffset[index]) }
    for index in 0..<12 { fields.float64(400 + 8 * index, &srow[index]) }
    fields.int32(496, &sliceCode)
    fields.int32(500, &xyztUnits)
    fields.int32(504, &intentCode)
    fields.bytes(508, &intentNameBytes, count: 16)
    fields.int8(524, &dimInfo)
    fields.bytes(525, &unusedBytes, count: 15)
  }
}

/// Whether a number survives conversion to `Int`.
func isFiniteInt64(_ value: Double) -> Bool { value.isFinite && abs(value) < 9.2e18 }

/// A buffer in which a walk over a header's fields reads or writes.
struct HeaderFields {
  var bytes: [UInt8]
  let byteOrder: NIfTIByteOrder
  let isDecoding: Bool

  mutating func int8(_ offset: Int, _ value: inout Int) {
    // dim_info, slice_code, xyzt_units and regular are bytes of flags: unsigned.
    if isDecoding { value = Int(bytes[offset]) } else { bytes[offset] = UInt8(truncatingIfNeeded: value) }
  }
  mutating func int16(_ offset: Int, _ value: inout Int) { integer(offset, &value, Int16.self) }
  mutating func int32(_ offset: Int, _ value: inout Int) { integer(offset, &value, Int32.self) }
  mutating func int64(_ offset: Int, _ value: inout Int) { integer(offset, &value, Int64.self) }

  mutating func float32(_ offset: Int, _ value: inout Double) {
    if isDecoding {
      value = Double(Float(bitPattern: load(offset, UInt32.self)))
    } else {
      store(offset, Float(value).bitPattern)
    }
  }
  mutating func float64(_ offset: Int, _ value: inout Double) {
    if isDecoding {
      value = Double(bitPattern: load(offset, UInt64.self))
    } else {
      store(offset, value.bitPattern)
    }
  }
  mutating func bytes(_ offset: Int, _ value: inout [UInt8], count: Int) {
    if isDecoding {
      value = Array(bytes[offset..<offset + count])
    } else {
      for index in 0..<min(count, value.count) { bytes[offset + index] = value[index] }
    }
  }

  private mutating func integer<Stored: FixedWidthInteger>(
    _ offset: Int, _ value: inout Int, _ type: Stored.Type
  ) {
    if isDecoding {
      value = Int(load(offset, Stored.self))
    } else {
      store(offset, Stored(truncatingIfNeeded: value))
    }
  }

  private func load<Stored: FixedWidthInteger>(_ offset: Int, _ type: Stored.Type) -> Stored {
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Stored.self) }
    return byteOrder == .native ? value : value.byteSwapped
  }

  private mutating func store<Stored: FixedWidthInteger>(_ offset: Int, _ value: Stored) {
    let stored = byteOrder == .native ? value : value.byteSwapped
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: stored, toByteOffset: offset, as: Stored.self) }
  }
}
