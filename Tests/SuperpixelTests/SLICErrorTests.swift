import Superpixel
import Tensor
import Testing

/// Bad input gives an error that names the parameter and its value.
@Suite struct SLICErrorTests {
  private let image = TestImages.texture

  private func error(
    _ image: Tensor<Float>? = nil, mask: BinaryMask? = nil, _ change: (inout SLIC) -> Void = { _ in }
  ) -> SLICError? {
    var slic = SLIC(segmentCount: 4)
    change(&slic)
    return #expect(throws: SLICError.self) { try slic.segment(image ?? self.image, mask: mask) }
  }

  @Test(arguments: [0, -3, .min])
  func counts(_ value: Int) {
    #expect(
      error { $0.segmentCount = .fixed(value) }?.description == "segmentCount = \(value): must be at least 1")
    #expect(error { $0.segmentCount = .size(value) }?.value == "size(\(value))")
    #expect(error { $0.maximumIterations = value }?.parameter == "maximumIterations")
    #expect(error { $0.rowStride = value }?.parameter == "rowStride")
  }

  @Test(arguments: [-1, Double.nan, Double.infinity, -Double.infinity])
  func reals(_ value: Double) {
    #expect(error { $0.compactness = value }?.parameter == "compactness")
    #expect(error { $0.sigma = value }?.parameter == "sigma")
    #expect(error { $0.spacing = [1, value] }?.parameter == "spacing")
    #expect(error { $0.windowInSteps = value }?.parameter == "windowInSteps")
    #expect(error { $0.minimumSizeFactor = value }?.parameter == "minimumSizeFactor")
    #expect(error { $0.maximumSizeFactor = value }?.parameter == "maximumSizeFactor")
    #expect(error { $0.convergence = .changedShare(atMost: value) }?.parameter == "convergence")
    #expect(error { $0.compactness = value }?.code == .invalidParameter)
  }

  @Test func zeros() {
    #expect(error { $0.compactness = 0 }?.value == "0.0")
    #expect(error { $0.spacing = [0, 1] }?.parameter == "spacing")
  }

  @Test func shapes() throws {
    #expect(error { $0.spacing = [1, 1, 1] }?.code == .invalidShape)
    #expect(error { $0.colorConversion = .lab }?.parameter == "colorConversion")
    let mask = BinaryMask(Tensor(repeating: true, shape: [48, 32]))
    #expect(error(mask: mask)?.parameter == "mask")
    #expect(error(Tensor(zeros: [7]))?.parameter == "image")
    #expect(error(Tensor(zeros: [2, 3, 4, 5]))?.parameter == "image")
    #expect(error(Tensor(zeros: [2, 3, 0]))?.code == .invalidShape)
    let volume = #expect(throws: SLICError.self) { try SLIC().segment(volume: image) }
    #expect(volume?.parameter == "volume")
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
      #expect(error?.code == .nonFinitePixel)
      #expect(error?.reason == "not finite at row 5, column 7, channel 0")
    }
  }

  @Test func severalPixelsThatAreNotFinite() {
    var volume = Tensor<Float>(zeros: [3, 4, 5])
    for voxel in [29, 31, 58] { volume.withUnsafeMutableBufferPointer { $0[voxel] = .nan } }
    for mode in [SLIC.Mode.standard, .skimageCompatible] {
      var slic = SLIC(segmentCount: 4)
      slic.mode = mode
      let error = #expect(throws: SLICError.self) { try slic.segment(volume: volume) }
      #expect(
        error?.description
          == "image = nan: 3 values are not finite, the first at plane 1, row 1, column 4, channel 0")
    }
  }

  @Test func sigmaBeyondTheLimit() {
    #expect(error { $0.sigma = 101 }?.parameter == "sigma")
  }
}
