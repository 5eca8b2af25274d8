import Metrics
import Tensor
import Testing

/// What comes from files: every error names the file and the value.
@Suite struct BadInputTests {
  private func image(
    _ name: String, _ shape: TensorShape = [2, 3, 4], spacing: [Double] = [3, 1, 1], affine: [Double] = []
  ) throws -> LabelImage {
    try LabelImage(
      validating: Tensor<UInt8>(zeros: shape), spacingInMillimeters: spacing, affine: affine, name: name)
  }

  @Test(arguments: [0.5, -1.25, .nan, .infinity, 2_147_483_648, 1e300])
  func labelsThatAreNoIntegers(value: Double) {
    var values = Tensor<Double>(zeros: [2, 3, 4])
    values[[1, 0, 2]] = value
    let error = #expect(throws: MetricsError.self) {
      try LabelImage(validating: values, spacingInMillimeters: [1, 1, 1], name: "p7.nii")
    }
    guard case .labelIsNotAnInteger("p7.nii", let found, [1, 0, 2]) = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == value || (found.isNaN && value.isNaN))
    #expect(error?.description.contains("p7.nii") == true)
  }

  @Test func integersOfEveryScalarBecomeLabels() throws {
    let floats = try LabelImage(
      validating: Tensor<Float>([0, 1, -2, 60], shape: [2, 2]), spacingInMillimeters: [1, 2], name: "")
    #expect(floats.labels.labels.scalars == [0, 1, -2, 60])
    let shorts = try LabelImage(
      validating: Tensor<Int16>([7, .min], shape: [1, 2]), spacingInMillimeters: [1, 2], name: "")
    #expect(shorts.labels.labels.scalars == [7, -32768])
    #expect(throws: MetricsError.self) {
      try LabelImage(
        validating: Tensor<UInt32>([.max], shape: [1, 1]), spacingInMillimeters: [1, 2], name: "")
    }
  }

  @Test(arguments: [[], [1, 1], [1, 1, 0], [1, -1, 1], [1, 1, .nan], [.infinity, 1, 1]] as [[Double]])
  func spacingsThatAreNotPositive(spacing: [Double]) {
    let error = #expect(throws: MetricsError.self) { try image("a.nii", spacing: spacing) }
    #expect(error?.field == "spacing")
    #expect(error?.description.contains("a.nii") == true)
  }

  @Test func grids() throws {
    let a = try image("a.nii")
    #expect(throws: MetricsError(.unsupportedRank(name: "x", shape: [3]))) {
      try image("x", [3], spacing: [1])
    }
    #expect(throws: MetricsError(.noElements(name: "x", shape: [0, 3]))) {
      try image("x", [0, 3], spacing: [1, 1])
    }
    let shape = #expect(throws: MetricsError.self) {
      try SegmentationPair(prediction: a, reference: image("b.nii", [2, 3, 5]))
    }
    #expect(shape?.code == .differentShapes(prediction: "a.nii", [2, 3, 4], reference: "b.nii", [2, 3, 5]))
    #expect(shape?.description == "the grids differ: a.nii is [2, 3, 4], b.nii is [2, 3, 5]")
    let spacing = #expect(throws: MetricsError.self) {
      try SegmentationPair(prediction: a, reference: image("b.nii", spacing: [3, 1, 1.1]))
    }
    #expect(
      spacing?.code == .differentSpacings(prediction: "a.nii", [3, 1, 1], reference: "b.nii", [3, 1, 1.1]))
  }

  @Test func affines() throws {
    let unit: [Double] = [1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 3, 7]
    var moved = unit
    moved[3] = 5.5
    var rounded = unit
    rounded[3] = 5 + 1e-5
    var broken = unit
    broken[0] = .nan
    let a = try image("a", affine: unit)
    #expect(throws: Never.self) { try SegmentationPair(prediction: a, reference: image("b", affine: unit)) }
    #expect(throws: Never.self) {
      try SegmentationPair(prediction: a, reference: image("b", affine: rounded))
    }
    #expect(throws: Never.self) { try SegmentationPair(prediction: a, reference: image("b")) }
    for other in [moved, broken] {
      let error = #expect(throws: MetricsError.self) {
        try SegmentationPair(prediction: a, reference: image("b", affine: other))
      }
      #expect(error?.field == "affine")
    }
  }

  /// Three degrees about z, far from the origin: the position's 500 mm must not hide the turn.
  @Test func turnsFarFromTheOriginAreSeen() throws {
    let plain: [Double] = [1, 0, 0, 500, 0, 1, 0, 600, 0, 0, 3, 700]
    let turned: [Double] = [0.99863, -0.05234, 0, 500, 0.05234, 0.99863, 0, 600, 0, 0, 3, 700]
    for rest in [[], [0, 0, 0, 1]] as [[Double]] {
      let a = try image("a", affine: plain + rest)
      #expect(throws: MetricsError.self) {
        try SegmentationPair(prediction: a, reference: image("b", affine: turned + rest))
      }
      // What single precision loses of 500.3 is no difference.
      var rounded = plain
      rounded[3] = Double(Float(500.3))
      var exact = plain
      exact[3] = 500.3
      #expect(throws: Never.self) {
        try SegmentationPair(
          prediction: image("a", affine: exact + rest), reference: image("b", affine: rounded + rest))
      }
    }
    // Around the origin a hundred-thousandth of a voxel is rounding, a tenth is not.
    let centered: [Double] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0]
    for (shift, agrees) in [(1e-5, true), (0.1, false)] {
      var moved = centered
      moved[7] = shift
      let pair = try? SegmentationPair(
        prediction: image("a", affine: centered), reference: image("b", affine: moved))
      #expect((pair != nil) == agrees)
    }
  }

  @Test func pairsScore() throws {
    let one = try image("a")
    let scores = SegmentationEvaluator(classes: [SegmentationClass(label: 0)])
      .evaluate(try SegmentationPair(prediction: one, reference: one), caseName: "x")
    #expect(scores[0]?["dice"] == .value(1))
  }

  @Test func folders() throws {
    let pairing = try CasePairing(
      predictions: ["b.nii.gz", "a.nii"], in: "out", references: ["a.nii.gz", "b.nii.gz"], in: "truth")
    #expect(pairing.pairs.map(\.name) == ["a", "b"])
    #expect(pairing.pairs.map(\.prediction) == ["a.nii", "b.nii.gz"])
    #expect(pairing.pairs.map(\.reference) == ["a.nii.gz", "b.nii.gz"])
    func error(_ predictions: [String], _ references: [String]) -> MetricsError? {
      #expect(throws: MetricsError.self) {
        try CasePairing(predictions: predictions, in: "out", references: references, in: "truth")
      }
    }
    #expect(error([], ["a.nii"])?.code == .emptyFolder("out"))
    #expect(error(["a.nii"], [])?.code == .emptyFolder("truth"))
    #expect(
      error(["a.nii", "b.nii"], ["a.nii"])?.code == .missingPartner(file: "out/b.nii", folder: "truth"))
    #expect(
      error(["a.nii"], ["a.nii", "c.nii"])?.code == .missingPartner(file: "truth/c.nii", folder: "out"))
    #expect(
      error(["a.nii", "a.nii.gz"], ["a.nii"])?.code
        == .duplicateCase(name: "a", files: ["out/a.nii", "out/a.nii.gz"]))
  }
}
