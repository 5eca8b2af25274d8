import Tensor

/// A number that differs, as good as always, when tensors differ in a bit: FNV-1a over 32-bit words.
struct Checksum {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add<Scalar: TensorScalar>(_ tensor: Tensor<Scalar>) {
    var value = value
    tensor.withUnsafeBufferPointer { scalars in
      let bytes = UnsafeRawBufferPointer(scalars)
      for word in 0..<bytes.count / 4 {
        value =
          (value ^ UInt64(bytes.loadUnaligned(fromByteOffset: 4 * word, as: UInt32.self))) &* 0x100_0000_01b3
      }
    }
    self.value = value
  }
}
