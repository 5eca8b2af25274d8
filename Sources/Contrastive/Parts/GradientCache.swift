public import Autograd
import Tensor

/// GradCache: the embeddings of a batch that is larger than memory, made in parts, with the gradient of the whole batch.
///
///     let embed = GradientCache(partSize: 32)
///     let rows = embed(images) { network($0) }  // [N, d]; activations of no more than 32 images live at a time
///     NTXentLoss()(rows[0..<n], rows[n..<2 * n]).backward()
///
/// Every part goes through the network without a tape, the loss compares all rows, and its gradient by the rows of a part is
/// taken back through a second forward pass of that part: two forward passes for the memory of one part and N rows. Loss and
/// gradient are those of all parts at once to rounding, as long as no layer mixes images: batch norm takes the statistics of
/// each part, as it would in a batch of that size. Running statistics are updated once a part, by the first pass; the authors'
/// code updates them twice. Random numbers of the second pass are those of the first.
///
/// Backward must be called once on all that was made of the rows: on the sum of the losses. Source: Gao et al., RepL4NLP
/// 2021, and its released code.
public struct GradientCache: Sendable, Hashable, Codable {
  /// The images of a part; the last may have fewer.
  public var partSize: Int

  /// - Precondition: `partSize` is at least 1.
  public init(partSize: Int) {
    shapePrecondition(partSize >= 1, "a part has at least one image, not \(partSize)")
    self.partSize = partSize
  }

  /// What `embed` makes of images `[N, ...]`, part by part: rows `[N, d]`.
  ///
  /// - `generator`: What `embed` draws from; a value, such as `PhiloxGenerator`, so that it can go back.
  /// - `embed`: From images `[n, ...]` to rows `[n, ...]`; its parameters receive their gradients in the backward pass.
  /// - Precondition: at least one image.
  public func callAsFunction<Scalar, Generator: RandomNumberGenerator>(
    _ images: Variable<Scalar>, using generator: inout Generator,
    _ embed: @escaping (Variable<Scalar>, inout Generator) -> Variable<Scalar>
  ) -> Variable<Scalar> {
    let count = images.shape[0]
    shapePrecondition(count > 0, "no images to embed")
    var parts: [Variable<Scalar>] = []
    for first in stride(from: 0, to: count, by: partSize) {
      let part = images[first..<min(first + partSize, count)]
      parts.append(checkpointed([part], using: &generator) { embed($0[0], &$1) })
    }
    return parts.count == 1 ? parts[0] : Variable(concatenating: parts, along: 0)
  }

  /// The same for networks that draw no random numbers.
  public func callAsFunction<Scalar>(
    _ images: Variable<Scalar>, _ embed: @escaping (Variable<Scalar>) -> Variable<Scalar>
  ) -> Variable<Scalar> {
    var none = SystemRandomNumberGenerator()
    return self(images, using: &none) { images, _ in embed(images) }
  }
}
