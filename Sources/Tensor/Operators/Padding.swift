/// What stands outside an image or tensor, for padding and warps.
///
/// For a row `a b c d`:
///
/// | case | to the left | to the right | NumPy `pad` | SciPy `ndimage` |
/// |---|---|---|---|---|
/// | `constant(k)` | `k k k` | `k k k` | constant | constant |
/// | `edge` | `a a a` | `d d d` | edge | nearest |
/// | `reflect` | `d c b` | `c b a` | reflect | mirror |
/// | `symmetric` | `c b a` | `d c b` | symmetric | reflect |
public enum BorderMode<Scalar: TensorScalar>: Hashable, Sendable {
  /// One value everywhere outside.
  case constant(Scalar)
  /// The nearest element.
  case edge
  /// Mirrored at the centre of the last element, which is not repeated.
  case reflect
  /// Mirrored at the outer edge of the last element, which is repeated.
  case symmetric

  /// The place in `0..<length` that stands for any `index`, or nil where the constant does.
  ///
  /// - Precondition: `length` is at least 1.
  package func source(of index: Int, length: Int) -> Int? {
    if index >= 0 && index < length { return index }
    switch self {
    case .constant: return nil
    case .edge: return min(max(index, 0), length - 1)
    case .reflect:
      if length == 1 { return 0 }
      let period = 2 * (length - 1)
      let place = ((index % period) + period) % period
      return place < length ? place : period - place
    case .symmetric:
      let period = 2 * length
      let place = ((index % period) + period) % period
      return place < length ? place : period - 1 - place
    }
  }
}

/// How many elements are added in front of and behind an axis.
public struct PaddingAmount: Hashable, Sendable {
  /// Elements put in front of the first.
  public var before: Int
  /// Elements put behind the last.
  public var after: Int

  /// - Precondition: no negative amounts.
  public init(before: Int, after: Int) {
    shapePrecondition(before >= 0 && after >= 0, "padding is not negative: \(before), \(after)")
    self.before = before
    self.after = after
  }

  /// The same amount on both sides.
  public init(_ amount: Int) { self.init(before: amount, after: amount) }

  /// No padding.
  public static let none = PaddingAmount(0)
}

extension Tensor {
  /// The tensor with elements added around it.
  ///
  ///     images.padded([.none, .init(1), .init(1), .none], border: .reflect)    // [N, H + 2, W + 2, C]
  ///
  /// Reflection goes on for as many widths as the padding needs, as NumPy does.
  ///
  /// - Parameters:
  ///   - amounts: The elements added on both sides of every axis.
  ///   - border: What the added elements are.
  /// - Precondition: one amount for every axis; an axis of length 0 is padded with a constant only.
  public func padded(_ amounts: [PaddingAmount], border: BorderMode<Scalar>) -> Tensor {
    let target = shape.padded(amounts)
    if target == shape { return self }
    if case .constant(let value) = border {
      var result = Tensor(repeating: value, shape: target)
      result.replaceBox(at: amounts.map(\.before), with: self)
      return result
    }
    // One axis after the other; the outer ones first, whose rows are long.
    var result = self
    for axis in 0..<rank where amounts[axis] != .none {
      result = result.gatheringRows(
        along: axis, border.sources(length: shape.dimensions[axis], padding: amounts[axis], of: shape))
    }
    return result
  }

  /// The box of `lengths` around the center: along each axis longer than its length an equal crop on both
  /// sides, along each that is shorter an equal padding. Of an odd remainder, the padding puts the larger part
  /// behind; the crop starts at `shape / 2 - length / 2` (MONAI's `ResizeWithPadOrCrop`).
  ///
  /// - Precondition: one length for every axis.
  public func centerPaddedOrCropped(to lengths: [Int], border: BorderMode<Scalar>) -> Tensor {
    let plan = CenterBox(from: shape, to: lengths)
    return cropped(to: plan.crop).padded(plan.padding, border: border)
  }
}

/// The crop and then the padding that take a shape to other lengths around its center.
public struct CenterBox: Hashable, Sendable {
  /// The part of the old tensor that is kept.
  public let crop: [Range<Int>]
  /// What is added around that part.
  public let padding: [PaddingAmount]

  /// - Precondition: one length of at least 0 for every axis.
  public init(from shape: TensorShape, to lengths: [Int]) {
    shapePrecondition(
      lengths.count == shape.rank && lengths.allSatisfy { $0 >= 0 },
      "a tensor of shape \(shape) has no center box of lengths \(lengths)")
    crop = zip(shape.dimensions, lengths).map { old, new in
      let start = max(0, old / 2 - new / 2)
      return old <= new ? 0..<old : start..<start + new
    }
    padding = zip(shape.dimensions, lengths).map { old, new in
      let missing = max(0, new - old)
      return PaddingAmount(before: missing / 2, after: missing - missing / 2)
    }
  }
}

extension TensorShape {
  /// The shape after padding.
  package func padded(_ amounts: [PaddingAmount]) -> TensorShape {
    shapePrecondition(amounts.count == rank, "\(amounts.count) padding amounts for a tensor of shape \(self)")
    return TensorShape(zip(dimensions, amounts).map { $0 + $1.before + $1.after })
  }
}

extension BorderMode {
  /// The rule alone: what value the constant has does not matter for places.
  var withoutValue: BorderMode<Bool> {
    switch self {
    case .constant: .constant(false)
    case .edge: .edge
    case .reflect: .reflect
    case .symmetric: .symmetric
    }
  }

  /// For every place along a padded axis the place in the axis of `length` that stands there.
  package func sources(length: Int, padding: PaddingAmount, of shape: TensorShape) -> [Int] {
    shapePrecondition(length > 0, "a tensor of shape \(shape) has no edge to pad with")
    return (-padding.before..<length + padding.after).map { source(of: $0, length: length) ?? 0 }
  }
}
