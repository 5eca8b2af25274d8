import Tensor

extension NIfTIHeader {
  /// Looks at the bytes that are about to be written with a reader's eyes.
  ///
  /// - Throws: `writeFailed` for a number that the version cannot hold, for a header that this library's own reader
  ///   refuses, and for one in which it finds the voxels of another size or in another place.
  func checkReadBack(as grid: VolumeGrid, isPair: Bool, path: String) throws(MedIOError) {
    func fail(_ context: String) -> MedIOError { MedIOError(.writeFailed, path: path, context: context) }
    let stored = NIfTIHeader(decoding: encoded(), version: version, byteOrder: byteOrder)
    if let field = firstLostField(in: stored) {
      throw fail("\(field) does not fit into a header of \(version)")
    }
    let plan: NIfTIPlan
    do throws(MedIOError) {
      plan = try NIfTIPlan(validating: stored, isPair: isPair, path: path, options: .init())
    } catch {
      throw fail("a reader would refuse the header of \(version): \(error.context)")
    }
    // One voxel has no far corner: its size is compared by itself.
    let keepsSizes = zip(plan.affine.voxelSizes, grid.affine.voxelSizes)
      .allSatisfy { abs($0 - $1) <= 10 * fileRounding * $1 }
    let found = VolumeGrid(
      depth: grid.depth, height: grid.height, width: grid.width, affine: plan.affine)
    guard keepsSizes && found.cornersAgree(with: grid) else {
      throw fail(
        "the affine \(grid.affine) does not fit into a header of \(version), which makes it \(plan.affine)")
    }
  }

  /// A field whose number the version's bytes cannot hold: an integer that would wrap around, a number that would
  /// become infinite or 0 or lose more than the rounding of 32 bits.
  ///
  /// Rotations and positions are compared as a whole, where a crumb of 1e-50 beside 1 is nothing.
  private func firstLostField(in stored: NIfTIHeader) -> String? {
    let integers: [(String, KeyPath<NIfTIHeader, Int>)] = [
      ("slice_start", \.sliceStart), ("slice_end", \.sliceEnd), ("slice_code", \.sliceCode),
      ("dim_info", \.dimInfo), ("xyzt_units", \.xyztUnits), ("intent_code", \.intentCode),
      ("qform_code", \.qformCode), ("sform_code", \.sformCode),
    ]
    for (name, field) in integers where self[keyPath: field] != stored[keyPath: field] {
      return "\(name) \(self[keyPath: field])"
    }
    let numbers: [(String, KeyPath<NIfTIHeader, [Double]>)] = [
      ("pixdim", \.pixdim), ("intent_p", \.intentParameters),
      ("one of cal_min, cal_max, slice_duration, toffset, scl_slope, scl_inter", \.singleNumbers),
    ]
    for (name, field) in numbers {
      for (own, kept) in zip(self[keyPath: field], stored[keyPath: field])
      where own.isFinite && !(abs(own - kept) <= fileRounding * abs(own)) {
        return "\(name) \(own)"
      }
    }
    let places: [(String, KeyPath<NIfTIHeader, [Double]>)] = [
      ("srow", \.srow), ("qoffset", \.qoffset), ("quatern", \.quaternion),
    ]
    for (name, field) in places {
      for (own, kept) in zip(self[keyPath: field], stored[keyPath: field])
      where own.isFinite && !kept.isFinite {
        return "\(name) \(own)"
      }
    }
    // A 32-bit number counts bytes one by one up to 2^24, in steps of 16 up to 2^28.
    return voxOffset == stored.voxOffset ? nil : "vox_offset \(voxOffset)"
  }

  private var singleNumbers: [Double] { [calMin, calMax, sliceDuration, toffset, sclSlope, sclInter] }
}
