import Superpixel
import Tensor
import Testing

/// Bad input gives an error that names the parameter and its value.
@Suite struct SLICErrorTests {
  private let image = TestImages.texture

  private func error(
    _ image: Tensor<Float>? = nil, mask: BinaryMask? = nil, _ change: (inout SLIC) -> Void = { _ in }
  ) -> SuperpixelError? {
    var slic = SLIC(segmentCount: 4)
    change(&slic)
    return #expect(throws: SuperpixelError.self) { try slic.segment(image ?? self.image, mask: mask) }
  }

  @Test(arguments: [0, -3, .min])
  func counts(_ value: Int) {
    #expect(
      error { $0.segmentCount = .fixed(value) }?.description == "segmentCount = \(value): must be at least 1")
    #expect(
      error { $0.segmentCount = .size(value) }?.context.hasPrefix("segmentCount = size(\(value)): ") == true)
    #expect(error { $0.maximumIterations = value }?.field == "maximumIterations")
    #expect(error { $0.rowStride = value }?.field == "rowStride")
  }

  @Test(arguments: [-1, Double.nan, Double.infinity, -Double.infinity])
  func reals(_ value: Double) {
    #expect(error { $0.compactness = value }?.field == "compactness")
    #expect(error { $0.sigma = value }?.field == "sigma")
    #expect(error { $0.spacing = [1, value] }?.field == "spacing")
    #expect(error { $0.windowInSteps = value }?.field == "windowInSteps")
    #expect(error { $0.minimumSizeFactor = value }?.field == "minimumSizeFactor")
    #expect(error { $0.maximumSizeFactor = value }?.field == "maximumSizeFactor")
    #expect(error { $0.convergence = .changedShare(atMost: value) }?.field == "convergence")
    #expect(
      error { $0.compactness = value }?.code
        == .badSetting(
          field: "compactness", value: "\(value)", reason: "must be finite and greater than 0"))
  }

  @Test func zeros() {
    #expect(error { $0.compactness = 0 }?.context.hasPrefix("compactness = 0.0: ") == true)
    #expect(error { $0.spacing = [0, 1] }?.field == "spacing")
  }

  @Test func shapes() throws {
    #expect(
      error { $0.spacing = [1, 1, 1] }?.code
        == .badShape(field: "spacing", shape: "[1.0, 1.0, 1.0]", reason: "must have 2 values"))
    #expect(error { $0.colorConversion = .lab }?.field == "colorConversion")
    let mask = BinaryMask(Tensor(repeating: true, shape: [48, 32]))
    #expect(error(mask: mask)?.field == "mask")
    #expect(error(Tensor(zeros: [7]))?.field == "image")
    #expect(error(Tensor(zeros: [2, 3, 4, 5]))?.field == "image")
    #expect(
      error(Tensor(zeros: [2, 3, 0]))?.code
        == .badShape(field: "image", shape: "0 channels", reason: "needs a channel"))
    let volume = #expect(throws: SuperpixelError.self) { try SLIC().segment(volume: image) }
    #expect(volume?.field == "volume")
  }

  @Test(arguments: [[0, 5], [5, 0], [0, 0], [0, 4, 3]])
  func noPixels(_ extents: [Int]) {
    #expect(error(Tensor(zeros: TensorShape(extents)))?.code == .emptyImage)
  }

  @Test func anEmptyMask() {
    let mask = BinaryMask(Tensor(repeating: false, shape: [32, 48]))
    for mode in [SLIC.Mode.standard, .skimageCompatible] {
      #expect(error(mask: mask) { $0.mode = mode }?.code == .emptyMask)
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func pixelsThatAreNotFinite(_ value: Float) {
    var image = image
    image.withUnsafeMutableBufferPointer { $0[5 * 48 + 7] = value }
    for mode in [SLIC.Mode.standard, .skimageCompatible] {
      let error = error(image) { $0.mode = mode }
      #expect(
        error?.code
          == .nonFinitePixels(count: 1, value: "\(value)", place: "row 5, column 7, channel 0"))
      #expect(error?.description.hasSuffix(": not finite at row 5, column 7, channel 0") == true)
    }
  }

  @Test func severalPixelsThatAreNotFinite() {
    var volume = Tensor<Float>(zeros: [3, 4, 5])
    for voxel in [29, 31, 58] { volume.withUnsafeMutableBufferPointer { $0[voxel] = .nan } }
    for mode in [SLIC.Mode.standard, .skimageCompatible] {
      var slic = SLIC(segmentCount: 4)
      slic.mode = mode
      let error = #expect(throws: SuperpixelError.self) { try slic.segment(volume: volume) }
      #expect(
        error?.description
          == "image = nan: 3 values are not finite, the first at plane 1, row 1, column 4, channel 0")
    }
  }

  @Test func sigmaBeyondTheLimit() {
    #expect(error { $0.sigma = 101 }?.field == "sigma")
  }
}
