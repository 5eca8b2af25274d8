import Contrastive
import Foundation
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

/// Methods on volumes, in the one loop.
@Suite struct VolumeTrainingTests {
  /// Volumes of weak noise with a bright block each, of voxels 2 x 1 x 1 mm.
  static func volumes(_ count: Int) -> [PretrainingImage] {
    (0..<count).map { index in
      var image = Tensor<Float>(converting: testRows([10, 20, 18, 1], seed: UInt64(index))) * 0.2
      image.replaceBox(at: [2 + index % 3, 3 + index, 4, 0], with: Tensor(ones: [4, 7, 8, 1]))
      return PretrainingImage(image, spacing: VoxelSpacing(plane: 2, row: 1, column: 1))
    }
  }

  /// Planes are pooled once, rows and columns twice.
  static let encoder = EncoderBlueprint.unet3D(
    UNetConfiguration(widths: [3, 4, 6]).pooled(for: VoxelSpacing(plane: 2, row: 1, column: 1)))

  static func superCL(steps: Int = 6) -> SuperCL {
    var method = SuperCL(patchSize: [8, 16, 16], steps: steps, batchSize: 2)
    method.pixelsPerSuperpixel = 5
    method.variedAugmentation.elastic = .init(magnitude: 10...20, smoothness: 2...3)
    return method
  }

  @Test func theEncoderPoolsThickSlicesLess() {
    #expect(
      Self.encoder.encoderDescription.levels.map(\.stride) == [[1, 1, 1], [1, 2, 2], [2, 4, 4]])
  }

  @Test func superCLTrainsAndResumesBitForBit() throws {
    try expectResumesBitForBit(
      Self.superCL(), encoder: Self.encoder, on: ArrayDataset(Self.volumes(5)))
  }

  @Test func itLearns() throws {
    var method = Self.superCL(steps: 30)
    method.learningRate = 0.02
    var losses: [Double] = []
    try TrainingLoop(PretrainingTask(method, encoder: Self.encoder), on: Self.volumes(5)).run {
      losses.append($0.terms[0].value)
      return .proceed
    }
    let (first, last) = (losses[..<6].reduce(0, +), losses[24...].reduce(0, +))
    #expect(last < first, "\(losses)")
  }

  /// Methods whose idea has no two axes in it, with patches for views.
  private func resumes<Method: PretrainingMethod>(
    _ method: Method, _ views: WritableKeyPath<Method, ViewRecipe>
  ) throws {
    var method = method
    method[keyPath: views] = .varied(
      VariedViews(patchSize: [8, 16, 16], augmentation: Self.superCL().variedAugmentation))
    try expectResumesBitForBit(method, encoder: Self.encoder, on: ArrayDataset(Self.volumes(8)))
  }

  @Test func moCoTrainsAndResumesBitForBit() throws { try resumes(MoCoTests.tiny(), \.views) }
  @Test func simCLRTrainsAndResumesBitForBit() throws { try resumes(SimCLRTests.tiny(), \.views) }
  @Test func byolTrainsAndResumesBitForBit() throws { try resumes(BYOLTests.tiny(), \.views) }
  @Test func simSiamTrainsAndResumesBitForBit() throws { try resumes(SimSiamTests.tiny(), \.views) }
  @Test func wclTrainsAndResumesBitForBit() throws { try resumes(WCLTests.tiny(), \.views) }

  // MARK: What goes with the patch

  /// n sampled voxels carry n / 10: of 64 x 64 x 64 the bottleneck 4 x 4 x 4 (6), 1/8 has 512. Planes that are pooled twice
  /// leave 8 x 6 x 6 of 32 x 96 x 96.
  @Test(
    arguments: [
      (PatchSize(64), nil, FeatureLevel.stage(3), 51), (PatchSize(32), nil, .stage(2), 51),
      ([32, 96, 96], [[1, 2, 2], [1, 2, 2], [2, 2, 2], [2, 2, 2]], .bottleneck, 28),
      (PatchSize(96), nil, .stage(3), 100),
    ] as [(PatchSize, [[Int]]?, FeatureLevel, Int)])
  func levelAndCountGoWithThePatch(
    _ patch: PatchSize, _ poolings: [[Int]]?, _ level: FeatureLevel, _ count: Int
  ) throws {
    var configuration = UNetConfiguration(width: 2)
    configuration.poolings = poolings
    let encoder = configuration.encoderDescription(axes: 3)
    let fitted = try SuperCL(patchSize: patch).fitted(to: encoder)
    #expect(fitted.intraLevel == level && fitted.slic.segmentCount == .fixed(count))
    #expect(try fitted.fitted(to: encoder) == fitted)
  }

  @Test(
    arguments: [
      (24, "24"), ([32, 32], "[32, 32]"), ([2, 16, 16], "[2, 16, 16]"), ([], "[]"),
    ] as [(PatchSize, String)])
  func patchesThatDoNotFitAreNamed(_ patch: PatchSize, _ value: String) {
    let error = pretrainingError {
      _ = try PretrainingTask(SuperCL(patchSize: patch), encoder: .unet3D(UNetConfiguration(width: 2)))
    }
    guard case .badSetting("SuperCL", "patchSize", value, _)? = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aPatchIsANumberOrAListInJSON() throws {
    for (text, patch) in [("[128]", PatchSize(128)), ("[[32,96,96]]", [32, 96, 96])] {
      #expect(try JSONDecoder().decode([PatchSize].self, from: Data(text.utf8)) == [patch])
      #expect(String(decoding: try JSONEncoder().encode([patch]), as: UTF8.self) == text)
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([PatchSize].self, from: Data("[1.5]".utf8))
    }
    let method = try SuperCL().replacingSettings(from: Data(#"{"patchSize": [32, 96, 96]}"#.utf8))
    #expect(method.patchSize == [32, 96, 96] && "\(method.patchSize)" == "[32, 96, 96]")
  }

  // MARK: What goes with an image

  /// Crops and distortions of slices are not made of volumes.
  @Test func methodsOfSlicesSaySo() {
    var crops = SimCLRTests.tiny()
    crops.views = SimCLR.small.views
    for error in [
      pretrainingError { _ = try PretrainingTask(crops, encoder: Self.encoder) },
      pretrainingError {
        var method = DiRA.small
        method.views = .varied(VariedViews(patchSize: [8, 16, 16]))
        _ = try PretrainingTask(method, encoder: Self.encoder)
      },
    ] {
      #expect(error?.description.contains("encoder = 3 spatial axes") == true, "\(String(describing: error))")
    }
  }

  private func failure(_ method: SuperCL, _ image: PretrainingImage) -> String {
    do {
      try TrainingLoop(PretrainingTask(method, encoder: Self.encoder), on: [image, image]).run()
      return ""
    } catch let error as DataError {
      return "\(error.underlying ?? error)"
    } catch {
      return "\(error)"
    }
  }

  @Test func anImageThatDoesNotFitIsNamed() {
    let volume = Self.volumes(1)[0].image
    var method = Self.superCL()
    let plane = PretrainingImage(volume, spacing: VoxelSpacing(row: 1, column: 1))
    #expect(failure(method, plane).contains("the spacing of image 0 has 2 axes"))
    let mask = PretrainingImage(volume, mask: BinaryMask(Tensor(repeating: true, shape: [10, 20, 17])))
    #expect(failure(method, mask).contains("the mask of image 0 has the shape [10, 20, 17]"))
    method.slic.segmentCount = .edge(millimeters: 5)
    let error = failure(method, PretrainingImage(volume))
    #expect(error.contains("images[0].spacing") && error.contains("slic.segmentCount"), "\(error)")
    method.slic.segmentCount = 9
    method.variedAugmentation.elastic?.unit = .millimeters
    let other = failure(method, PretrainingImage(volume))
    #expect(other.contains("images[0].spacing") && other.contains("elastic.unit"), "\(other)")
  }

  /// The place of a patch of 4 planes in a volume of 20 whose values are the numbers of its planes: p = (first + 2.5) / 20.
  @Test func positionsOfPatchesAreThoseOfTheirMiddlePlanes() throws {
    var method = SuperCL(patchSize: [4, 8, 8], steps: 1, batchSize: 1)
    method.slic.segmentCount = 2
    method.fixedAugmentation = FixedAugmentation(
      brightness: nil, contrast: nil, blur: nil, scaling: .unchanged)
    let planes = Tensor<Float>((0..<20 * 64).map { Float($0 / 64) }, shape: [20, 8, 8, 1])
    var found: Set<Double> = []
    for step in 0..<40 {
      let key = RandomKey(seed: 1).at(step: step)
      func views(_ image: PretrainingImage) throws -> SuperCLViews<Float> {
        try SuperCLViewMaker(method).views(of: [image], key: key)
      }
      method.positionSource = .patch
      let made = try views(PretrainingImage(planes, position: 0.3))
      let first = Double(try #require(made.fixed).0.scalars[0])
      #expect(abs(try #require(made.positions[0]) - (first + 2.5) / 20) < 1e-12)
      found.insert(first)
      // A patch as deep as its volume, and one of an image, has the image's.
      #expect(try views(PretrainingImage(planes[0..<4], position: 0.3)).positions == [0.3])
      method.positionSource = .image
      #expect(try views(PretrainingImage(planes)).positions == [nil])
    }
    #expect(found.count > 10)
  }

  /// Supervoxels are compact in millimetres: of a volume without contrast, of voxels 4 mm high, they are a quarter as many
  /// planes high as they are columns wide.
  @Test func supervoxelsFollowTheSpacing() throws {
    var method = SuperCL(patchSize: [16, 32, 32], steps: 1, batchSize: 1)
    method.slic.segmentCount = 32
    let noise = Tensor<Float>(converting: testRows([16, 32, 32, 1])) * 1e-3
    var corner = noise
    corner.replaceBox(at: [0, 0, 0, 0], with: Tensor(ones: [1, 1, 1, 1]))
    method.fixedAugmentation = FixedAugmentation(
      brightness: nil, contrast: nil, blur: nil, scaling: .unchanged)
    func heights(_ spacing: VoxelSpacing?) throws -> Double {
      let views = try SuperCLViewMaker(method).views(
        of: [PretrainingImage(corner, spacing: spacing)], key: RandomKey(seed: 1).at(step: 0))
      let map = try #require(views.superpixels).0[0]
      // Borders between planes over borders between columns.
      func borders(_ axis: Int) -> Int {
        let length = map.shape[axis]
        return
          (map.sliced(along: axis, 1..<length) .!= map.sliced(along: axis, 0..<length - 1)).trueCount
      }
      return Double(borders(0)) / Double(borders(2))
    }
    let (even, thick) = (try heights(nil), try heights(VoxelSpacing(plane: 4, row: 1, column: 1)))
    #expect(thick > 2 * even, "\(even), \(thick)")
  }
}
