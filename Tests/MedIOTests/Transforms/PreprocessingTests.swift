import MedIO
import Tensor
import Testing

@Suite struct PreprocessingTests {
  @Test func aPredictionReturnsToTheOriginalGrid() throws {
    // LSA, 2 x 2 x 3 mm: reorientation, spacing, crop and padding all have work to do.
    let labels = try NIfTI.readLabels(from: fixture("tissue.nii.gz"))
    let image = labels.with(voxels: Tensor<Float>(converting: labels.voxels))
    let pipeline = Preprocessing([
      .grid(.orientation(.ras)), .grid(.foreground(margin: 3)), .grid(.spacing(plane: 2, row: 2, column: 2)),
      .intensity(.percentileClip(1...99)), .grid(.centered(depth: 140, height: 100, width: 134)),
      .intensity(.zScore()),
    ])
    let prepared = pipeline.applied(to: image, labels: labels)
    #expect(prepared.image.voxels.shape == [140, 100, 134])
    #expect(prepared.image.orientation == .ras)
    let moved = try #require(prepared.labels)
    #expect(moved.grid == prepared.image.grid)
    let back = prepared.restored(moved)
    #expect(back.grid == labels.grid)
    // The way there and back interpolates k-means speckle twice: most voxels keep their label; with steps that
    // are exact, all do.
    let kept = zip(back.voxels.scalars, labels.voxels.scalars).filter(==).count
    #expect(Double(kept) > 0.9 * Double(labels.voxels.elementCount))
    let exact = Preprocessing([
      .grid(.orientation(.lps)), .grid(.foreground()), .grid(.centered(depth: 140, height: 70, width: 140)),
    ]).applied(to: image, labels: labels)
    #expect(exact.restored(try #require(exact.labels)).voxels == labels.voxels)
  }

  /// An image that the caller gives away is scaled where it stands, and a step that changes nothing shares its memory: one
  /// volume, not three.
  @Test func whatIsGivenAwayIsNotCopied() {
    func address(_ volume: Volume<Float>) -> UnsafePointer<Float>? {
      volume.voxels.withUnsafeBufferPointer(\.baseAddress)
    }
    let pipeline = Preprocessing([
      .grid(.orientation(.ras)), .grid(.spacing(plane: 2, row: 2, column: 2)), .intensity(.window(0...100)),
    ])
    func volume() -> Volume<Float> {
      Volume(voxels: Tensor(repeating: 50, shape: [6, 70, 80]), affine: VoxelAffine(diagonal: 2, 2, 2))
    }
    let given = volume()
    let place = address(given)
    let prepared = pipeline.applied(to: consume given)
    #expect(address(prepared.image) == place)
    #expect(prepared.image.voxels.scalars.allSatisfy { $0 == 0.5 } && prepared.changes.count == 2)
    #expect(address(prepared.image.reoriented(to: .ras)) == place)
    // Whoever keeps the image keeps its values.
    let kept = volume()
    #expect(pipeline.applied(to: kept).image.voxels.scalars[0] == 0.5)
    #expect(kept.voxels.scalars.allSatisfy { $0 == 50 })
  }

  @Test func stepsAreReported() {
    let image = Volume<Float>(
      voxels: Tensor([0, 1, 2, 3], shape: [2, 1, 2]), affine: VoxelAffine(diagonal: -1, 1, 1))
    let prepared = Preprocessing([
      .grid(.orientation()), .intensityOfEachPlane(.minMax()), .intensity(.window(0...2)),
      .grid(.size([2, 1, 4]), interpolation: .nearest),
    ]).applied(to: image)
    #expect(prepared.changes.map(\.result.shape) == [[2, 1, 2], [2, 1, 4]])
    #expect(prepared.intensityMaps.map(\.count) == [2, 1])
    #expect(prepared.image.voxels.scalars == [0.5, 0.5, 0, 0, 0.5, 0.5, 0, 0])
    #expect(prepared.restored(prepared.image).grid == image.grid)
    #expect(prepared.restored(prepared.image).voxels.scalars == [0, 0.5, 0, 0.5])
  }
}
