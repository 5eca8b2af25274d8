public import Tensor

/// Why features cannot be taken or judged.
public struct FeatureError: CodedError {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// An image does not fit the encoder, or the ones before it.
    case imageDoesNotFit(index: Int, shape: TensorShape, reason: String)
    /// An image has so many values that are NaN or infinite.
    case imageIsNotFinite(index: Int, count: Int)
    /// The features of a finite image, or those that were given, have so many values that are NaN or infinite.
    case featuresAreNotFinite(count: Int)
    /// There is nothing to judge.
    case noFeatures
    /// So many labels, the first of them at this place, are no class in `0..<classes`.
    case labelIsNoClass(label: Int32, place: Int, count: Int, classes: Int)
    /// Label maps cannot be put on feature maps of this shape.
    case labelsDoNotFit(labels: TensorShape, features: TensorShape)
    /// The training of a linear probe left the finite numbers: its rate is too high for features of this scale.
    case diverged(epoch: Int, rate: Double)
    /// The eigenvalues did not converge.
    case noConvergence(size: Int)
  }

  /// What went wrong.
  public let code: Code

  /// What the failure is the consequence of.
  public let underlying: (any Error)?

  /// An error of a kind, and what it is the consequence of.
  public init(_ code: Code, underlying: (any Error)? = nil) {
    self.code = code
    self.underlying = underlying
  }

  public var context: String {
    switch code {
    case .imageDoesNotFit(let index, let shape, let reason): "image \(index) has shape \(shape): \(reason)"
    case .imageIsNotFinite(let index, let count): "image \(index) has \(count) values that are not finite"
    case .featuresAreNotFinite(let count): "the features have \(count) values that are not finite"
    case .noFeatures: "there are no features to judge"
    case .labelIsNoClass(let label, let place, let count, let classes):
      "\(count) labels are no class in 0..<\(classes); the first is \(label) at place \(place)"
    case .labelsDoNotFit(let labels, let features):
      "labels of shape \(labels) do not fit feature maps of shape \(features): "
        + "the lengths must be whole multiples"
    case .diverged(let epoch, let rate):
      "the linear probe diverged in epoch \(epoch) at the rate \(rate): lower it, or standardise the features"
    case .noConvergence(let size): "the eigenvalues of a \(size) x \(size) matrix did not converge"
    }
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// - Throws: ``FeatureError/Code/featuresAreNotFinite(count:)``.
  func requireFiniteFeatures() throws(FeatureError) {
    let count = nonFiniteElements.count
    guard count == 0 else { throw FeatureError(.featuresAreNotFinite(count: count)) }
  }
}

extension Tensor where Scalar == Int32 {
  /// - Throws: ``FeatureError/Code/labelIsNoClass(label:place:count:classes:)``, unless all labels are classes or ignored.
  func requireClasses(below classes: Int, ignoring ignored: Int32? = nil) throws(FeatureError) {
    let wrong: (place: Int, label: Int32, count: Int)? = withUnsafeBufferPointer { values in
      let isWrong = { (label: Int32) in !(0..<classes).contains(Int(label)) && label != ignored }
      return values.firstIndex(where: isWrong).map { ($0, values[$0], values.count(where: isWrong)) }
    }
    guard let wrong else { return }
    throw FeatureError(
      .labelIsNoClass(label: wrong.label, place: wrong.place, count: wrong.count, classes: classes))
  }

  /// The share of the labels that agree with the reference where that is not ignored; NaN where there are none.
  func agreement(with reference: Tensor<Int32>, ignoring ignored: Int32? = nil) -> Double {
    shapePrecondition(
      shape == reference.shape, "labels of shape \(shape) do not pair with a reference \(reference.shape)")
    var (equal, count) = (0, 0)
    withUnsafeBufferPointer { own in
      reference.withUnsafeBufferPointer { reference in
        for place in reference.indices where reference[place] != ignored {
          equal += own[place] == reference[place] ? 1 : 0
          count += 1
        }
      }
    }
    return Double(equal) / Double(count)
  }
}
