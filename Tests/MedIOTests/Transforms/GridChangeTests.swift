import MedIO
import Tensor
import Testing

/// The spatial transforms of MONAI in medio.json.
private struct SpatialReference: Decodable {
  struct Pictures: Decodable {
    let resize_3x4_to_5x6_nearest, resize_3x4_to_5x6_bilinear, resize_3x4_to_5x6_area: [[Float]]
    let resize_bilinear_align_corners, pad_to_5x6, center_crop_2x2: [[Float]]
  }
  let transforms_monai: Pictures
}

@Suite struct GridChangeTests {
  /// 0...11 in three rows of four.
  static let picture = Volume<Float>(
    voxels: Tensor((0..<12).map(Float.init), shape: [1, 3, 4]),
    affine: VoxelAffine(diagonal: 2, 3, 4, translation: [10, 20, 30]))

  private func reference() throws -> SpatialReference.Pictures {
    try json(SpatialReference.self, "medio.json").transforms_monai
  }

  private func picture(_ rows: [[Float]]) -> Tensor<Float> { Tensor(rows: rows).expanded(at: 0) }

  @Test func resizingIsMONAIs() throws {
    let reference = try reference()
    let grid = Self.picture.grid
    func resized(_ interpolation: Interpolation, _ coordinates: CoordinateConvention) -> Tensor<Float> {
      let change = GridChange.size(of: grid, to: [1, 5, 6], coordinates: coordinates)
      return Self.picture.applying(change, interpolation: interpolation).voxels
    }
    #expect(isClose(resized(.nearest, .cornerOrigin), picture(reference.resize_3x4_to_5x6_nearest)))
    #expect(isClose(resized(.linear, .halfPixelCenters), picture(reference.resize_3x4_to_5x6_bilinear)))
    #expect(isClose(resized(.area, .halfPixelCenters), picture(reference.resize_3x4_to_5x6_area)))
    #expect(isClose(resized(.linear, .alignedCorners), picture(reference.resize_bilinear_align_corners)))
  }

  @Test func paddingAndCroppingAreMONAIs() throws {
    let reference = try reference()
    let grid = Self.picture.grid
    let padded = Self.picture.applying(.centered(of: grid, height: 5, width: 6))
    #expect(padded.voxels == picture(reference.pad_to_5x6))
    // One row and one column stand before the old first voxel.
    #expect(padded.affine.translation == [8, 17, 30])
    let cropped = Self.picture.applying(.centered(of: grid, height: 2, width: 2))
    #expect(cropped.voxels == picture(reference.center_crop_2x2))
    #expect(cropped.affine.translation == [12, 20, 30])
  }

  @Test func foregroundBoxIsMONAIs() {
    // medio.json, crop_foreground: shape 6 x 7, box 2..<4, 3..<6.
    var voxels = Tensor<Float>(zeros: [1, 6, 7])
    voxels.withUnsafeMutableBufferPointer { buffer in
      for (row, column) in [(2, 3), (3, 5)] { buffer[row * 7 + column] = 1 }
    }
    let volume = Volume(voxels: voxels, affine: .identity)
    let change = GridChange.foreground(of: volume)
    #expect(change.result.shape == [1, 2, 3])
    #expect(change.result.affine.translation == [3, 2, 0])
    #expect(GridChange.foreground(of: volume, margin: 2).result.shape == [1, 6, 6])
    #expect(GridChange.foreground(of: volume, above: 1).result == volume.grid)
  }

  @Test func paddedBoxComesBack() {
    let grid = Self.picture.grid
    let change = GridChange.box(of: grid, planes: -1..<1, rows: 1..<3, columns: -2..<3)
    let moved = Self.picture.applying(change, outside: -5)
    #expect(
      moved.voxels.scalars
        == [-5, -5, -5, -5, -5, -5, -5, -5, -5, -5] + [-5, -5, 4, 5, 6] + [-5, -5, 8, 9, 10])
    let back = moved.applying(change.inverse, outside: 99)
    #expect(back.voxels.scalars == [99, 99, 99, 99, 4, 5, 6, 99, 8, 9, 10, 99])
    #expect(back.grid == grid)
  }

  @Test func boxBesideTheVolumeIsBackground() {
    let change = GridChange.box(of: Self.picture.grid, planes: 5..<6, rows: 0..<1, columns: -9..<(-7))
    #expect(Self.picture.applying(change, outside: 3).voxels.scalars == [3, 3])
  }

  @Test func spacingKeepsTheCenterAndTheExactSize() {
    // Ten voxels of 2 mm become round(20 / 3) = 7 voxels of 3 mm around the same center.
    let grid = VolumeGrid(
      depth: 3, height: 5, width: 10, affine: VoxelAffine(diagonal: 2, 1, 1, translation: [-9, 0, 0]))
    let change = GridChange.spacing(of: grid, column: 3)
    #expect(change.result.shape == [3, 5, 7])
    #expect(change.result.spacing == VoxelSpacing(plane: 1, row: 1, column: 3))
    // The old center is (-9 + 9) / 2 = 0: the new voxels lie at -9, -6, ..., 9.
    #expect(abs(change.result.affine.translation[0] + 9) < 1e-12)
    #expect(change.inverse.result == grid)
  }

  @Test func aLinearRampStaysARampInMillimeters() {
    // x in millimeters as the value: whatever the grid, a voxel's value is its place.
    let affine = VoxelAffine(rows: [[0, 0.5, 0, 3], [-2, 0, 0, 7], [0, 0, 1.5, -4]])
    let voxels = Tensor<Float>(shape: [4, 12, 6]) { buffer in
      for k in 0..<4 {
        for j in 0..<12 {
          for i in 0..<6 {
            buffer[(k * 12 + j) * 6 + i] = Float(
              affine.applied(to: [Double(i), Double(j), Double(k)]).reduce(0, +))
          }
        }
      }
    }
    let volume = Volume(voxels: voxels, affine: affine)
    let changes = [
      GridChange.spacing(of: volume.grid, plane: 1, row: 0.4, column: 1.1),
      .size(of: volume.grid, to: [5, 7, 9]),
      .size(of: volume.grid, to: [3, 9, 4], coordinates: .alignedCorners),
      .orientation(of: volume.grid, to: .ras),
      .box(of: volume.grid, planes: 1..<3, rows: 2..<9, columns: 0..<6),
      // A turned grid inside the volume.
      .resampling(
        from: volume.grid,
        to: VolumeGrid(
          depth: 2, height: 2, width: 3,
          affine: volume.affine.concatenated(
            with: VoxelAffine(rows: [[0.8, -0.6, 0, 2], [0.6, 0.8, 0, 4], [0, 0, 1, 1]])))),
    ]
    for change in changes {
      let result = volume.applying(change)
      var worst = 0.0
      for k in 0..<result.depth {
        for j in 0..<result.height {
          for i in 0..<result.width {
            let source = volume.affine.inverse.concatenated(with: result.affine)
              .applied(to: [Double(i), Double(j), Double(k)])
            let isInside = zip(source, [5.0, 11, 3]).allSatisfy { $0 >= -1e-9 && $0 <= $1 + 1e-9 }
            let expected = result.affine.applied(to: [Double(i), Double(j), Double(k)]).reduce(0, +)
            let value = Double(result.voxels.scalars[(k * result.height + j) * result.width + i])
            if isInside { worst = max(worst, abs(value - expected)) }
          }
        }
      }
      #expect(worst < 1e-4, "\(change.result)")
    }
  }

  @Test func farOutsideIsTheOutsideValue() {
    let target = VolumeGrid(
      depth: 1, height: 3, width: 8, affine: VoxelAffine(diagonal: 2, 3, 4, translation: [4, 20, 30]))
    let change = GridChange.resampling(from: Self.picture.grid, to: target)
    let result = Self.picture.applying(change, outside: -1)
    #expect(result.voxels[0][1].scalars == [-1, -1, -1, 4, 5, 6, 7, -1])
    let labels = Self.picture.with(voxels: Tensor<Int32>(converting: Self.picture.voxels))
    for interpolation in [LabelInterpolation.oneHotLinear, .nearest] {
      let moved = labels.applying(change, interpolation: interpolation, background: -1)
      #expect(moved.voxels[0][1].scalars == [-1, -1, -1, 4, 5, 6, 7, -1])
    }
  }

  @Test func seriesAndComponentsMoveAlike() {
    let values = (0..<24).map(Float.init)
    let series = Volume<Float>(voxels: Tensor(values, shape: [2, 1, 3, 4]), affine: .identity)
    let change = GridChange.size(of: series.grid, to: [1, 5, 6])
    for frame in 0..<2 {
      #expect(series.applying(change).frame(frame).voxels == series.frame(frame).applying(change).voxels)
    }
    let colors = Volume<Float>(
      voxels: Tensor(values, shape: [1, 3, 4, 2]), affine: .identity, componentCount: 2)
    let red = Volume<Float>(
      voxels: Tensor(stride(from: 0, to: 24, by: 2).map(Float.init), shape: [1, 3, 4]), affine: .identity)
    #expect(
      isClose(
        colors.applying(change).voxels.sliced(along: -1, 0..<1).reshaped(1, 5, 6), red.applying(change).voxels
      ))
  }
}
