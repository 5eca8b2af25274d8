/// Working memory of an operator, given back at its end.
package final class Scratch<Scalar: TensorScalar> {
  package let pointer: UnsafeMutablePointer<Scalar>
  private let capacity: Int

  /// Memory for `count` scalars, with undefined content.
  package init(count: Int) {
    let (raw, capacity) = TensorMemory.allocateScratch(bytes: count * MemoryLayout<Scalar>.stride)
    pointer = raw.bindMemory(to: Scalar.self, capacity: max(count, 1))
    self.capacity = capacity
  }

  deinit { TensorMemory.deallocateScratch(UnsafeMutableRawPointer(pointer), capacity: capacity) }
}

/// ``Scratch`` under a name for modules that have another type of that name.
package typealias WorkingMemory<Scalar: TensorScalar> = Scratch<Scalar>
