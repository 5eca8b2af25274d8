/// An array of scalars with a shape: a value, copied on write, contiguous in row-major order.
///
/// Images are `[N, H, W, C]`, volumes `[N, D, H, W, C]`, pixel embeddings `[rows, channels]`: channels are
/// always last, and there are no strided views. A reshape and a slice along the first axis share the buffer;
/// every other operator makes a new tensor. Assigning a tensor costs a reference count; the first write to a
/// shared buffer copies it.
///
///     let images = Tensor<Float>(zeros: [2, 4, 4, 1])
///     let brighter = (images + 0.5) * 2
///     brighter.mean()                      // a scalar tensor
///     brighter.mean(along: 3).shape        // [2, 4, 4]
public struct Tensor<Scalar: TensorScalar>: Sendable {
  package var storage: TensorStorage<Scalar>
  /// Where this tensor begins in its storage, in scalars.
  package let offset: Int
  /// The lengths of the axes, outermost first.
  public let shape: TensorShape

  package init(storage: TensorStorage<Scalar>, offset: Int = 0, shape: TensorShape) {
    self.storage = storage
    self.offset = offset
    self.shape = shape
  }

  /// The number of axes.
  public var rank: Int { shape.rank }
  /// The number of elements.
  public var elementCount: Int { shape.elementCount }

  /// The value of a tensor with one element.
  ///
  /// - Precondition: `elementCount == 1`.
  public var item: Scalar {
    shapePrecondition(elementCount == 1, "item needs a tensor of one element, not one of shape \(shape)")
    return storage.pointer[offset]
  }

  /// The elements in row-major order, copied to an array.
  public var scalars: [Scalar] { withUnsafeBufferPointer { Array($0) } }
}
