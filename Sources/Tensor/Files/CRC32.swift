/// The checksum of zip archives: CRC-32 with the reflected polynomial EDB88320, of ISO 3309.
package func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  crc32Table.withUnsafeBufferPointer { table in
    ~bytes.reduce(UInt32.max) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 0xFF)] }
  }
}

private let crc32Table: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
}
