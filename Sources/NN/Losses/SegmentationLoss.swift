public import Autograd
public import Tensor

/// A loss of predicted class scores against reference labels.
///
/// A loss is a value of its numbers. It goes into a training's checkpoint with them, so that a resumed training is compared
/// field by field.
public protocol SegmentationLoss: Encodable, Sendable {
  /// A label that is left out and may lie outside the classes; `nil`, the default, for none.
  var ignoredLabel: Int32? { get }

  /// Refuses a number of classes that the loss's own numbers do not fit, such as weights of other classes. By default every
  /// number is taken.
  ///
  /// - Throws: ``TrainingError/Code/badSetting(field:value:reason:)``.
  func check(classCount: Int) throws(TrainingError)

  /// - Parameters:
  ///   - logits: Scores `[N, spatial..., K]`, before softmax.
  ///   - labels: Classes `[N, spatial...]` in `0..<K`.
  /// - Returns: A scalar.
  func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>
  ) -> Variable<Scalar>

  /// The loss of a batch of which every rank has a part: the mean of what the ranks get is the loss of the whole batch, and the
  /// average of their gradients is its gradient (see `Variable.gathered(across:)`). By default all logits are
  /// gathered, which is right for any loss; the library's own exchange sums.
  func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, across ranks: Ranks
  ) -> Variable<Scalar>
}

extension SegmentationLoss {
  public var ignoredLabel: Int32? { nil }
  public func check(classCount: Int) throws(TrainingError) {}

  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, across ranks: Ranks
  ) -> Variable<Scalar> { self(logits.gathered(across: ranks), ranks.gather(labels)) }
}

/// A weighted sum of losses, such as cross-entropy + Dice. A loss of weight 0 is not computed: it does not count, be it
/// infinite.
///
///     let loss = CombinedLoss([(1, CrossEntropyLoss()), (1, DiceLoss())])
public struct CombinedLoss: SegmentationLoss {
  /// The losses, each with its weight.
  public let terms: [(weight: Double, loss: any SegmentationLoss)]

  /// - Precondition: at least one term.
  public init(_ terms: [(weight: Double, loss: any SegmentationLoss)]) {
    shapePrecondition(!terms.isEmpty, "a combined loss needs at least one term")
    self.terms = terms
  }

  /// The label that all losses with a weight leave out.
  public var ignoredLabel: Int32? {
    let labels = Set(terms.filter { $0.weight != 0 }.map(\.loss.ignoredLabel))
    return labels.count == 1 ? labels.first ?? nil : nil
  }

  public func check(classCount: Int) throws(TrainingError) {
    for term in terms where term.weight != 0 { try term.loss.check(classCount: classCount) }
  }

  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>
  ) -> Variable<Scalar> { self(logits, labels, across: .single) }

  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, across ranks: Ranks
  ) -> Variable<Scalar> {
    let parts = terms.filter { $0.weight != 0 }.map {
      $0.loss(logits, labels, across: ranks) * Scalar($0.weight)
    }
    guard let first = parts.first else { return Variable(Tensor(0)) }
    return parts.dropFirst().reduce(first) { $0 + $1 }
  }

  /// The terms in their order, each with its weight, its type's name and its numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for term in terms {
      try container.encode(EncodedTerm(weight: term.weight, loss: NamedSettings(term.loss)))
    }
  }

  private struct EncodedTerm: Encodable {
    let weight: Double
    let loss: NamedSettings
  }
}

extension CombinedLoss {
  /// Cross-entropy + Dice, each with weight 1: the loss of fine-tuning that trains best with few labels.
  public static var crossEntropyAndDice: CombinedLoss {
    CombinedLoss([(1, CrossEntropyLoss()), (1, DiceLoss())])
  }
}

/// Stops with both shapes when labels do not fit logits, or with the value when a label is no class.
func checkLabels<Scalar>(_ labels: Tensor<Int32>, fit logits: Variable<Scalar>, ignoring ignored: Int32?) {
  shapePrecondition(
    logits.shape.rank >= 2 && labels.shape == logits.shape.removing(axis: -1),
    "labels of shape \(labels.shape) do not fit logits of shape \(logits.shape)")
  let classes = Int32(logits.shape[-1])
  shapePrecondition(classes > 0 || labels.elementCount == 0, "logits of shape \(logits.shape) have no class")
  // A label is rarely wrong: all are looked at together. Class 0 is there in any case.
  let ignored = ignored ?? 0
  labels.withUnsafeBufferPointer { values in
    let isFine = { (value: Int32) in UInt32(bitPattern: value) < UInt32(classes) || value == ignored }
    let wrong = values.reduce(0) { $0 &+ (isFine($1) ? 0 : 1) }
    if wrong > 0, let value = values.first(where: { !isFine($0) }) {
      shapePreconditionFailure("label \(value) is none of the \(classes) classes")
    }
  }
}
