import Foundation

/// From the header's forms to an affine.
extension NIfTIHeader {
  /// An affine and where it came from.
  struct Placement {
    var affine: VoxelAffine
    var source: NIfTIReadOptions.AffineSource
    var warnings: [MedIOWarning]
  }

  /// The affine by `source`, in millimeters, or an explanation of why there is none.
  func placement(source: NIfTIReadOptions.AffineSource) -> Result<Placement, AffineFault> {
    // A code that the standard does not know is said whether or not its form is used.
    var warnings = [("qform_code", qformCode), ("sform_code", sformCode)].compactMap {
      (0...5).contains($0.1) ? nil : MedIOWarning.unknownFormCode(field: $0.0, value: $0.1)
    }
    let candidates: [NIfTIReadOptions.AffineSource]
    switch source {
    case .automatic:
      let forms: [NIfTIReadOptions.AffineSource] =
        (sformCode > 0 ? [.sform] : []) + (qformCode > 0 ? [.qform] : [])
      candidates = forms.isEmpty ? [.voxelSizes] : forms
    default: candidates = [source]
    }
    var faults: [String] = []
    for (index, candidate) in candidates.enumerated() {
      switch placement(candidate: candidate) {
      case .success(var placement):
        placement.warnings = warnings + placement.warnings
        return .success(placement)
      case .failure(let fault):
        faults.append(fault.reason)
        if index + 1 < candidates.count {
          warnings.append(.formSkipped(field: "\(candidate)", reason: fault.reason))
        }
      }
    }
    return .failure(AffineFault(reason: faults.joined(separator: "; ")))
  }

  struct AffineFault: Error {
    let reason: String
  }

  private func placement(candidate: NIfTIReadOptions.AffineSource) -> Result<Placement, AffineFault> {
    var warnings: [MedIOWarning] = []
    var affine: VoxelAffine
    switch candidate {
    case .sform:
      affine = VoxelAffine(rows: (0..<3).map { Array(srow[4 * $0..<4 * $0 + 4]) })
    case .qform:
      guard (quaternion + qoffset).allSatisfy(\.isFinite) else {
        return .failure(AffineFault(reason: "quaternion \(quaternion), offset \(qoffset) are not finite"))
      }
      affine = qformAffine(&warnings)
    case .automatic, .voxelSizes:
      let sizes = (1...3).map { voxelSize(axis: $0, &warnings) }
      let lengths = lengths[0..<3].map(Double.init)
      // The center of the volume at the origin, x flipped: nibabel's base affine.
      affine = VoxelAffine(
        diagonal: -sizes[0], sizes[1], sizes[2],
        translation: [
          sizes[0] * (lengths[0] - 1) / 2, -sizes[1] * (lengths[1] - 1) / 2, -sizes[2] * (lengths[2] - 1) / 2,
        ])
    }
    guard affine.isValid else {
      return .failure(AffineFault(reason: "the \(candidate) has no inverse: \(affine)"))
    }
    if candidate == .sform {
      if let sizes = sformSizesBesidePixdim {
        warnings.append(.spacingDisagrees(affine: sizes, pixdim: (1...3).map { abs(pixdim[$0]) }))
      }
      for axis in 1...3 where axis <= dim[0] && !(pixdim[axis].isFinite && pixdim[axis] > 0) {
        warnings.append(
          .pixdimReplaced(axis: axis, value: "\(pixdim[axis])", used: affine.voxelSizes[axis - 1]))
      }
    }
    if (candidate == .qform || candidate == .voxelSizes) && sformCode > 0, let sizes = sformSizesBesidePixdim
    {
      warnings.append(.unusedFormDisagrees(sform: sizes, pixdim: (1...3).map { abs(pixdim[$0]) }))
    }
    if affine.isSheared { warnings.append(.shearedAffine) }
    if let (name, factor) = unitFactor {
      for row in 0..<3 { for column in 0..<4 { affine[row, column] *= factor } }
      warnings.append(.unitsConverted(from: name))
      guard affine.isValid else {
        return .failure(
          AffineFault(reason: "the \(candidate) in \(name) leaves the range of numbers: \(affine)"))
      }
    }
    return .success(Placement(affine: affine, source: candidate, warnings: warnings))
  }

  /// The voxel sizes of the sform where it is valid and they differ from `pixdim`, which is valid too.
  private var sformSizesBesidePixdim: [Double]? {
    let affine = VoxelAffine(rows: (0..<3).map { Array(srow[4 * $0..<4 * $0 + 4]) })
    let sizes = (1...3).map { abs(pixdim[$0]) }
    guard affine.isValid, sizes.allSatisfy({ $0.isFinite && $0 > 0 }) else { return nil }
    let differs = zip(sizes, affine.voxelSizes).contains { abs($0.0 - $0.1) > 1e-3 * $0.1 }
    return differs ? affine.voxelSizes : nil
  }

  /// Millimeters per unit of length, when the unit is not the millimeter.
  private var unitFactor: (name: String, factor: Double)? {
    switch xyztUnits & 7 {
    case 1: ("meters", 1000)
    case 3: ("microns", 0.001)
    default: nil
    }
  }

  /// A usable voxel size along an axis (1 = i).
  private func voxelSize(axis: Int, _ warnings: inout [MedIOWarning]) -> Double {
    let value = pixdim[axis]
    if value.isFinite && value > 0 { return value }
    let used = value.isFinite && value < 0 ? -value : 1
    // An axis that the file does not have needs no size.
    if axis <= dim[0] { warnings.append(.pixdimReplaced(axis: axis, value: "\(value)", used: used)) }
    return used
  }

  /// R(b, c, d) diag(pixdim 1, pixdim 2, qfac pixdim 3), and the offset: nifti1.h, method 2.
  private func qformAffine(_ warnings: inout [MedIOWarning]) -> VoxelAffine {
    var (b, c, d) = (quaternion[0], quaternion[1], quaternion[2])
    var a = 0.0
    let squared = b * b + c * c + d * d
    // Files hold 32-bit floats: a unit quaternion with a = 0 may come out as 1 + 1e-7.
    let tolerance = version == .nifti1 ? 3e-7 : 1e-15
    if squared > 1 {
      if squared > 1 + tolerance { warnings.append(.quaternionRenormalized(squaredLength: squared)) }
      // Scaled by the largest first, so that the square of a huge number does not overflow.
      let largest = max(abs(b), abs(c), abs(d))
      (b, c, d) = (b / largest, c / largest, d / largest)
      let length = (b * b + c * c + d * d).squareRoot()
      (b, c, d) = (b / length, c / length, d / length)
    } else {
      a = (1 - squared).squareRoot()
    }
    let qfac: Double = pixdim[0] < 0 ? -1 : 1
    if abs(pixdim[0]) != 1 {
      warnings.append(.qfacReplaced(value: "\(pixdim[0])", used: qfac))
    }
    let sizes = (1...3).map { voxelSize(axis: $0, &warnings) * ($0 == 3 ? qfac : 1) }
    let rotation = [
      [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
      [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
      [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ]
    return VoxelAffine(
      rows: (0..<3).map { row in (0..<3).map { rotation[row][$0] * sizes[$0] } + [qoffset[row]] })
  }
}
