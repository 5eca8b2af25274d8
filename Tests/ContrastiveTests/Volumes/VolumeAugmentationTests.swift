import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// T_fix and T_var of volumes.
@Suite struct VolumeAugmentationTests {
  // MARK: T_fix

  /// One bright voxel under a blur alone: the products of the weights along the axes, exp(-1 / (2 s^2)) to exp(0), with the
  /// standard deviation in millimetres alike along all of them.
  @Test(arguments: [[1.0, 1, 1], [4, 1, 1], [1, 2, 1]]) func theBlurIsAsWideAlongEveryAxis(
    _ millimeters: [Double]
  ) {
    let augmentation = FixedAugmentation(
      brightness: nil, contrast: nil, blur: 1.5...1.5, scaling: .unchanged)
    var image = Tensor<Double>(zeros: [5, 5, 5, 1])
    image.replaceBox(at: [2, 2, 2, 0], with: Tensor(ones: [1, 1, 1, 1]))
    var generator = PhiloxGenerator(seed: 1)
    let view = augmentation(image, spacing: VoxelSpacing(millimeters), using: &generator)
    let sides = millimeters.map { exp(-0.5 * ($0 / 1.5) * ($0 / 1.5)) }
    let weights = sides.map { side in [side, 1, side].map { $0 / (1 + 2 * side) } }
    let expected = Tensor<Double>(shape: [5, 5, 5, 1]) { target in
      for index in target.indices {
        let place = [index / 25, index / 5 % 5, index % 5]
        target[index] = (0..<3).reduce(1) { product, axis in
          abs(place[axis] - 2) > 1 ? 0 : product * weights[axis][place[axis] - 1]
        }
      }
    }
    #expect(view.isClose(to: expected, absoluteTolerance: 1e-12))
  }

  /// In floats and in doubles, and in gray levels as released: the same steps.
  @Test(arguments: [FixedAugmentation(), .asReleased, .kitsAsReleased, .brats])
  func floatsAndDoublesAgree(_ augmentation: FixedAugmentation) {
    let image = testRows([4, 9, 7, 2])
    for seed in 0..<4 {
      var (first, second) = (PhiloxGenerator(seed: UInt64(seed)), PhiloxGenerator(seed: UInt64(seed)))
      let spacing = VoxelSpacing(plane: 3, row: 1, column: 1)
      let floats = augmentation(Tensor<Float>(converting: image), spacing: spacing, using: &first)
      let doubles = augmentation(image, spacing: spacing, using: &second)
      let difference = (Tensor<Double>(converting: floats) - doubles).magnitude
      // A value at the edge of a gray level may fall to either side.
      #expect(difference.mean().item < 2e-3 && floats.shape == [4, 9, 7, 2])
    }
  }

  // MARK: T_var

  private func view<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], _ augmentation: VariedAugmentation,
    spacing: [Double]? = nil, seed: UInt64 = 1
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    var generator = PhiloxGenerator(seed: seed)
    return augmentation(image, maps: maps, spacing: spacing.map { VoxelSpacing($0) }, using: &generator)
  }

  private var upright: VariedAugmentation {
    var augmentation = VariedAugmentation.still
    augmentation.tilt = 0...0
    return augmentation
  }

  @Test func withoutAnyChangeTheVolumeStays() {
    let image = testRows([5, 6, 7, 2])
    let map = Tensor<Int32>((0..<210).map { Int32($0) }, shape: [5, 6, 7])
    for border in [VariedAugmentation.Border.blended, .abrupt] {
      var augmentation = upright
      augmentation.border = border
      let moved = view(image, maps: [map], augmentation, spacing: [5, 1, 1])
      #expect(moved.image.isClose(to: image, absoluteTolerance: 1e-5) && moved.maps[0] == map)
    }
  }

  /// Each axis is mirrored in half of the draws, by itself: all eight ways occur, images and maps alike.
  @Test func everyAxisIsMirrored() {
    var augmentation = upright
    (augmentation.mirrorProbability, augmentation.warpProbability) = (0.5, 0)
    let map = Tensor<Int32>((0..<24).map { Int32($0) }, shape: [2, 3, 4])
    let image = Tensor<Float>(converting: map).expanded(at: -1)
    var corners: Set<Int32> = []
    for seed in 0..<64 {
      let moved = view(image, maps: [map], augmentation, seed: UInt64(seed))
      #expect(Tensor<Int32>(converting: moved.image.squeezed(at: 3)) == moved.maps[0])
      corners.insert(moved.maps[0].scalars[0])
    }
    #expect(corners == [0, 3, 8, 11, 12, 15, 20, 23])
  }

  /// A quarter turn within planes is that of the image, plane by plane.
  @Test func rotationTurnsPlanes() {
    var augmentation = upright
    augmentation.rotation = Double.pi / 2...Double.pi / 2
    augmentation.interpolation = .nearest
    let image = testRows([3, 5, 5, 1])
    let turned = view(image, augmentation).image
    for plane in 0..<3 {
      #expect(turned[plane].isClose(to: view(image[plane], augmentation).image, absoluteTolerance: 1e-12))
    }
  }

  /// Tilted by a quarter about the row axis and then the column axis, voxel (z, y, x) about the center is read at
  /// R_row R_column (z, y, x), R_row: (z, x) -> (-x, z), R_column: (z, y) -> (-y, z); so at (-x, z, -y).
  @Test func tiltsTurnAboutTheOtherAxes() {
    var augmentation = upright
    augmentation.tilt = Double.pi / 2...Double.pi / 2
    augmentation.interpolation = .nearest
    let image = testRows([5, 5, 5, 1])
    let expected = Tensor<Double>(shape: [5, 5, 5, 1]) { target in
      for index in target.indices {
        let (z, y, x) = (index / 25 - 2, index / 5 % 5 - 2, index % 5 - 2)
        target[index] = image.scalars[(2 - x) * 25 + (z + 2) * 5 + 2 - y]
      }
    }
    #expect(view(image, augmentation).image.isClose(to: expected, absoluteTolerance: 1e-12))
  }

  /// A ball of 8 mm in voxels of 2 x 1 x 1 mm.
  private var ball: Tensor<Float> {
    Tensor(shape: [12, 24, 24, 1]) { target in
      for index in target.indices {
        let place = [index / 576, index / 24 % 24, index % 24]
        let millimeters = zip(place, [2.0, 1, 1]).map { Double($0) * $1 }
        let squares = zip(millimeters, [11, 11.5, 11.5]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        target[index] = 1 / (1 + Float(exp(squares.squareRoot() - 8)))
      }
    }
  }

  /// In millimetres a ball is turned to itself, in voxels it is not.
  @Test func withASpacingVolumesTurnInMillimeters() {
    var augmentation = VariedAugmentation.still
    augmentation.tilt = 0.5...0.9
    augmentation.rotation = 0...2 * Double.pi
    augmentation.interpolation = .linear
    for seed in 0..<4 {
      let seed = UInt64(seed)
      let turned = view(ball, augmentation, spacing: [2, 1, 1], seed: seed).image
      #expect(turned.maximumAbsoluteDifference(to: ball) < 0.12)
      #expect(view(ball, augmentation, seed: seed).image.maximumAbsoluteDifference(to: ball) > 0.3)
    }
  }

  /// How far voxels move along each axis: volumes whose values are the voxel's place along it, read between their voxels.
  private func displacements(
    _ elastic: VariedAugmentation.Elastic, _ lengths: [Int], spacing: [Double]? = nil, seed: UInt64 = 1
  ) -> [Double] {
    var augmentation = upright
    (augmentation.elastic, augmentation.interpolation) = (elastic, .linear)
    return lengths.indices.map { axis in
      let step = lengths[(axis + 1)...].reduce(1, *)
      let ramp = Tensor<Float>(
        (0..<lengths.reduce(1, *)).map { Float($0 / step % lengths[axis]) }, shape: TensorShape(lengths + [1])
      )
      let moved = view(ramp, augmentation, spacing: spacing, seed: seed).image
      // Away from the border, outside which zeros stand and nothing moves.
      let middle = lengths.map { $0 / 3..<$0 - $0 / 3 } + [0..<1]
      return Double((moved - ramp).cropped(to: middle).squared().mean().item).squareRoot()
    }
  }

  /// Smoothed noise of +-alpha has the root mean square alpha / (sqrt(3) 2 sqrt(pi) sigma) in an image; in a volume it is the
  /// same, and with a spacing the same in millimetres along every axis.
  @Test func volumesBendAsFarAsImages() {
    let elastic = VariedAugmentation.Elastic(magnitude: 30...30, smoothness: 3...3)
    let expected = 30 / (3.0.squareRoot() * 2 * Double.pi.squareRoot() * 3)
    for (lengths, spacing, axes) in [
      ([96, 96], nil, [1.0, 1]), ([36, 36, 36], nil, [1, 1, 1]), ([20, 60, 60], [3.0, 1, 1], [3, 1, 1]),
      ([24, 24, 72], [2, 2, 0.5], [4, 4, 1]),
    ] as [([Int], [Double]?, [Double])] {
      var squares = [Double](repeating: 0, count: lengths.count)
      for seed in 0..<4 {
        let found = displacements(elastic, lengths, spacing: spacing, seed: UInt64(seed))
        squares = zip(squares, found).map { $0 + $1 * $1 / 4 }
      }
      for (square, size) in zip(squares, axes) {
        let ratio = square.squareRoot() * size / expected
        #expect((0.75...1.25).contains(ratio), "\(lengths), spacing \(spacing ?? []): \(ratio)")
      }
    }
  }

  /// The same field in millimetres, whatever the voxels: of 1 mm as in pixels, of 2 mm half as many.
  @Test func lengthsInMillimetersAre() {
    var elastic = VariedAugmentation.Elastic(magnitude: 40...40, smoothness: 4...4)
    let pixels = displacements(elastic, [64, 64])
    elastic.unit = .millimeters
    #expect(displacements(elastic, [64, 64], spacing: [1, 1]) == pixels)
    let expected = 40 / (3.0.squareRoot() * 2 * Double.pi.squareRoot() * 4) / 2
    let squares = (0..<4).map { seed in
      displacements(elastic, [64, 64], spacing: [2, 2], seed: UInt64(seed)).reduce(0) { $0 + $1 * $1 / 2 }
    }
    let ratio = (squares.reduce(0, +) / 4).squareRoot() / expected
    #expect((0.75...1.25).contains(ratio), "\(ratio)")
  }

  /// Labels go where their voxels go.
  @Test(arguments: [nil, [4.0, 1, 1]]) func imageAndMapMoveTogether(_ spacing: [Double]?) {
    let map = Tensor<Int32>(shape: [16, 32, 32]) { buffer in
      for index in buffer.indices {
        buffer[index] = Int32(index / 8192 * 16 + index / 256 % 4 * 4 + index % 32 / 8 + 1)
      }
    }
    var augmentation = VariedAugmentation()
    (augmentation.warpProbability, augmentation.interpolation) = (1, .nearest)
    for seed in 0..<4 {
      let moved = view(
        Tensor<Float>(converting: map).expanded(at: -1), maps: [map], augmentation, spacing: spacing,
        seed: UInt64(seed))
      let same = Tensor<Int32>(converting: moved.image.squeezed(at: 3)) .== moved.maps[0]
      #expect(Double(same.trueCount) / 16384 > 0.999)
      #expect(moved.maps[0] != map)
    }
  }
}
