/// Lets generic code take the vectorised path when its scalar turns out to be `Float`.
extension UnsafePointer where Pointee: TensorScalar {
  /// This address as one of floats; the caller has checked that `Pointee` is `Float`.
  package var asFloat: UnsafePointer<Float> { UnsafeRawPointer(self).assumingMemoryBound(to: Float.self) }
}

extension UnsafeMutablePointer where Pointee: TensorScalar {
  /// This address as one of floats; the caller has checked that `Pointee` is `Float`.
  package var asFloat: UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Float.self)
  }
}
