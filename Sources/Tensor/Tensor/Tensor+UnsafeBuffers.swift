extension Tensor {
  /// Calls `body` with the elements in row-major order, in place. The pointer is valid during the call only.
  @inlinable
  public func withUnsafeBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(unsafeElements)
  }

  /// Calls `body` with the elements for writing. A buffer shared with another tensor is copied first.
  @inlinable
  public mutating func withUnsafeMutableBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(uniqueElements())
  }

  @usableFromInline var unsafeElements: UnsafeBufferPointer<Scalar> {
    UnsafeBufferPointer(start: storage.pointer + offset, count: elementCount)
  }

  @usableFromInline mutating func uniqueElements() -> UnsafeMutableBufferPointer<Scalar> {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = TensorStorage<Scalar>(uninitializedCount: elementCount)
      copy.pointer.update(from: storage.pointer + offset, count: elementCount)
      self = Tensor(storage: copy, shape: shape)
    }
    return UnsafeMutableBufferPointer(start: storage.pointer + offset, count: elementCount)
  }

  /// A tensor whose elements `initialize` writes; it must write every one of them.
  ///
  ///     let ramp = Tensor<Float>(shape: [4]) { buffer in
  ///       for i in buffer.indices { buffer[i] = Float(i) }
  ///     }
  public init<Failure: Error>(
    shape: TensorShape,
    initializingWith initialize: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> Void
  ) throws(Failure) {
    let storage = TensorStorage<Scalar>(uninitializedCount: shape.elementCount)
    try initialize(UnsafeMutableBufferPointer(start: storage.pointer, count: shape.elementCount))
    self.init(storage: storage, shape: shape)
  }

  /// The first element's address; the caller keeps the tensor alive.
  package var pointer: UnsafePointer<Scalar> { UnsafePointer(storage.pointer + offset) }
}
