/// The reference-counted buffer behind one or more tensors.
///
/// `@unchecked Sendable`, the only such promise in the package, holds because a storage is written only by
/// an owner that holds its sole reference (``Tensor`` checks with `isKnownUniquelyReferenced` before every
/// mutation, and initialisers write before the storage is shared); every shared storage is read-only.
package final class TensorStorage<Scalar: TensorScalar>: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Scalar>
  package let count: Int
  private let capacity: Int

  /// Memory for `count` scalars, with undefined content.
  package init(uninitializedCount count: Int) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Scalar>.stride)
    precondition(!overflow, "\(count) scalars of \(Scalar.scalarName) exceed the address space")
    let (raw, capacity) = TensorMemory.allocate(bytes: bytes)
    pointer = raw.bindMemory(to: Scalar.self, capacity: max(count, 1))
    self.count = count
    self.capacity = capacity
  }

  deinit { TensorMemory.deallocate(UnsafeMutableRawPointer(pointer), capacity: capacity) }
}
