/// A finite collection of examples, read one at a time: from memory, from files, or computed.
///
/// Conform your own data to it, and ``DataLoader`` reads it from several threads:
///
///     struct Slices: Dataset {
///       let files: [String]
///       var count: Int { files.count }
///       func element(at index: Int) throws -> Tensor<Float> { try read(files[index]) }
///     }
///
/// An element must depend on its index alone. Randomness, such as augmentation, belongs to the loader's
/// transform, which gets a generator of its own for every element.
public protocol Dataset<Element>: Sendable {
  /// One example: a tensor, a pair of image and labels, a structure of your own.
  associatedtype Element: Sendable
  /// The number of examples.
  var count: Int { get }
  /// The example at `index`; it may be called from several threads at once.
  ///
  /// - Precondition: `0 <= index < count`.
  func element(at index: Int) throws -> Element
}

extension Dataset {
  /// The examples changed by `transform`, when they are read.
  public func mapped<Result: Sendable>(
    _ transform: @escaping @Sendable (Element) throws -> Result
  ) -> MappedDataset<Self, Result> {
    MappedDataset(base: self, transform: transform)
  }

  /// The examples at `indices`, in that order.
  ///
  /// - Precondition: every index is in `0..<count`.
  public func subset(_ indices: some Collection<Int>) -> SubsetDataset<Self> {
    SubsetDataset(base: self, indices: Array(indices))
  }
}

/// A dataset of values in memory.
public struct ArrayDataset<Element: Sendable>: Dataset {
  /// The examples.
  public let elements: [Element]

  /// The values as examples, in their order.
  public init(_ elements: [Element]) { self.elements = elements }

  public var count: Int { elements.count }
  public func element(at index: Int) -> Element { elements[index] }
}

/// A dataset of the parts of a tensor along its first axis: images of `[N, H, W, C]`. They share its buffer.
public struct TensorDataset<Scalar: TensorScalar>: Dataset {
  /// All examples.
  public let tensor: Tensor<Scalar>

  /// - Precondition: a rank of at least 1.
  public init(_ tensor: Tensor<Scalar>) {
    shapePrecondition(tensor.rank >= 1, "a scalar has no parts to be examples")
    self.tensor = tensor
  }

  public var count: Int { tensor.shape[0] }
  public func element(at index: Int) -> Tensor<Scalar> { tensor[index] }
}

/// A dataset whose examples are changed when they are read; see ``Dataset/mapped(_:)``.
public struct MappedDataset<Base: Dataset, Element: Sendable>: Dataset {
  let base: Base
  let transform: @Sendable (Base.Element) throws -> Element

  public var count: Int { base.count }
  public func element(at index: Int) throws -> Element { try transform(base.element(at: index)) }
}

/// Some of the examples of a dataset; see ``Dataset/subset(_:)``.
public struct SubsetDataset<Base: Dataset>: Dataset {
  let base: Base
  /// The index in the base of each example.
  public let indices: [Int]

  init(base: Base, indices: [Int]) {
    for index in indices where index < 0 || index >= base.count {
      shapePreconditionFailure("index \(index) is outside a dataset of \(base.count) examples")
    }
    self.base = base
    self.indices = indices
  }

  public var count: Int { indices.count }
  public func element(at index: Int) throws -> Base.Element { try base.element(at: indices[index]) }
}
