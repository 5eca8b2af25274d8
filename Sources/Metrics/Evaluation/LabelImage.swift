public import Tensor

/// Labels on a grid in space, checked: what a file of labels becomes before it is scored.
///
/// Values from files are often floating point, and now and then they are probabilities or resampled labels;
/// this checks each one instead of truncating it. A value within 1e-6 of a whole number, relative to it (2.99999976, the
/// `Float` below 3), is that number: a slope in 32 bits makes such. Half a step of a quantized file (1.00004) is not.
public struct LabelImage: Hashable, Sendable {
  /// What messages call the image: the file's name.
  public let name: String
  public let labels: LabelMap
  public let spacing: VoxelSpacing
  /// The affine that maps array indices to millimetres, row-major, or empty where it is not known.
  public let affine: [Double]

  /// Checks labels and spacing.
  ///
  /// - Parameters:
  ///   - values: `[height, width]` or `[depth, height, width]`.
  ///   - spacingInMillimeters: one per axis of the array.
  ///   - affine: row-major, compared but not interpreted; empty where it is not known.
  ///   - name: The name, for messages.
  /// - Throws: ``MetricsError`` for values that are no integers, a spacing that is not positive, no elements.
  public init<Scalar: TensorNumericScalar>(
    validating values: Tensor<Scalar>, spacingInMillimeters: [Double], affine: [Double] = [], name: String
  ) throws(MetricsError) {
    let shape = values.shape
    guard shape.rank == 2 || shape.rank == 3 else {
      throw MetricsError(.unsupportedRank(name: name, shape: shape))
    }
    guard shape.elementCount > 0 else { throw MetricsError(.noElements(name: name, shape: shape)) }
    guard spacingInMillimeters.count == shape.rank,
      let spacing = VoxelSpacing(validating: spacingInMillimeters)
    else { throw MetricsError(.invalidSpacing(name: name, spacing: spacingInMillimeters)) }
    self.name = name
    self.spacing = spacing
    self.affine = affine
    labels = LabelMap(
      try Tensor(shape: shape) { buffer throws(MetricsError) in
        try values.withUnsafeBufferPointer { source throws(MetricsError) in
          for index in buffer.indices {
            guard let label = Self.label(source[index]) else {
              throw MetricsError(
                .labelIsNotAnInteger(
                  name: name, value: source[index].doubleValue,
                  index: zip(shape.strides, shape.dimensions).map { index / $0 % $1 }))
            }
            buffer[index] = label
          }
        }
      })
  }

  @inline(__always)
  private static func label<Scalar: TensorNumericScalar>(_ value: Scalar) -> Int32? {
    let value = value.doubleValue
    if let exact = Int32(exactly: value) { return exact }
    let nearest = value.rounded()
    // From 10,000 on a share of 1e-6 would no longer tell a half step: a hundredth is the most.
    return abs(value - nearest) <= min(Rounding.ofFiles * value.magnitude, 0.01)
      ? Int32(exactly: nearest) : nil
  }
}

/// A prediction and a reference on one grid, checked.
///
///     let pair = try SegmentationPair(prediction: predicted, reference: truth)
///     let scores = evaluator.evaluate(pair, caseName: "patient 7")
public struct SegmentationPair: Hashable, Sendable {
  public let prediction: LabelImage
  public let reference: LabelImage

  /// Checks that both lie on one grid.
  ///
  /// - Parameter tolerance: largest difference that spacings, and directions and positions of affines (of three
  ///   or four rows of four), may have, relative to the largest magnitude among them: files store them in single
  ///   precision.
  /// - Parameter prediction: The predicted segmentation.
  /// - Parameter reference: The reference segmentation.
  /// - Throws: ``MetricsError`` that prints both grids where shape, spacing or affine differ. Affines are
  ///   compared where both are known.
  public init(
    prediction: LabelImage, reference: LabelImage, tolerance: Double = 1e-4
  ) throws(MetricsError) {
    guard prediction.labels.shape == reference.labels.shape else {
      throw MetricsError(
        .differentShapes(
          prediction: prediction.name, prediction.labels.shape, reference: reference.name,
          reference.labels.shape))
    }
    guard Self.agree(prediction.spacing.millimeters, reference.spacing.millimeters, tolerance) else {
      throw MetricsError(
        .differentSpacings(
          prediction: prediction.name, prediction.spacing.millimeters, reference: reference.name,
          reference.spacing.millimeters))
    }
    guard
      prediction.affine.isEmpty || reference.affine.isEmpty
        || Self.affinesAgree(prediction.affine, reference.affine, tolerance)
    else {
      throw MetricsError(
        .differentAffines(
          prediction: prediction.name, prediction.affine, reference: reference.name, reference.affine))
    }
    self.prediction = prediction
    self.reference = reference
  }

  /// Compares directions with directions and positions with positions: beside a position of 500 mm, a turn by
  /// three degrees would pass for rounding.
  private static func affinesAgree(_ first: [Double], _ second: [Double], _ tolerance: Double) -> Bool {
    guard first.count == second.count else { return false }
    guard first.count == 12 || first.count == 16 else { return agree(first, second, tolerance) }
    func parts(_ affine: [Double], isPosition: Bool) -> [Double] {
      affine.indices.filter { ($0 % 4 == 3 && $0 < 12) == isPosition }.map { affine[$0] }
    }
    // A position counts in steps of a voxel at least: near the origin nothing would be small enough.
    let steps = parts(first, isPosition: false)
    return agree(steps, parts(second, isPosition: false), tolerance)
      && agree(
        parts(first, isPosition: true) + [steps.reduce(0) { max($0, $1.magnitude) }],
        parts(second, isPosition: true) + [steps.reduce(0) { max($0, $1.magnitude) }], tolerance)
  }

  private static func agree(_ first: [Double], _ second: [Double], _ tolerance: Double) -> Bool {
    guard first.count == second.count else { return false }
    let scale = (first + second).reduce(0) { max($0, $1.magnitude) }
    // A NaN agrees with nothing.
    return zip(first, second).allSatisfy { ($0 - $1).magnitude <= tolerance * scale }
  }
}

extension SegmentationEvaluator {
  /// The scores of a checked pair.
  public func evaluate(_ pair: SegmentationPair, caseName: String) -> CaseScores {
    evaluate(
      prediction: pair.prediction.labels, reference: pair.reference.labels, spacing: pair.reference.spacing,
      caseName: caseName)
  }
}

extension HausdorffDistance {
  /// A percentile that comes from outside.
  ///
  /// - Throws: ``MetricsError/Code/percentileOutOfRange(_:)``.
  public init(
    validatingPercentile percentile: Double, _ combination: Combination = .maximumOfDirected
  ) throws(MetricsError) {
    guard (0...100).contains(percentile) else { throw MetricsError(.percentileOutOfRange(percentile)) }
    self.init(percentile: percentile, combination)
  }
}

extension SurfaceDice {
  /// A tolerance that comes from outside.
  ///
  /// - Throws: ``MetricsError/Code/invalidTolerance(_:)``.
  public init(
    validatingToleranceInMillimeters tolerance: Double, _ weighting: Weighting = .counts
  ) throws(MetricsError) {
    guard tolerance >= 0, tolerance.isFinite else { throw MetricsError(.invalidTolerance(tolerance)) }
    self.init(toleranceInMillimeters: tolerance, weighting)
  }
}
