import Foundation

/// An array of NumPy whose scalar type is known when it is read: the content of an `.npy` file, or an entry
/// of an `.npz` archive.
///
///     let array = try NumPyArray(contentsOf: "features.npy")
///     array.scalarName                          // "float32"
///     let exact = try array.tensor(of: Float.self)
///     let wide = array.tensor(convertingTo: Double.self)
public struct NumPyArray: Sendable {
  /// The scalar type's name as in ``TensorScalar/scalarName``.
  public let scalarName: String
  /// The lengths of the axes, outermost first.
  public let shape: TensorShape

  private let file: String
  private let entry: String?
  /// The elements in row-major order and the machine's byte order.
  private let elements: ArraySlice<UInt8>

  /// The array of a tensor.
  public init(_ tensor: Tensor<some TensorScalar>) {
    scalarName = type(of: tensor).scalarName
    shape = tensor.shape
    file = ""
    entry = nil
    elements = tensor.withUnsafeBufferPointer { Array(UnsafeRawBufferPointer($0))[...] }
  }

  /// Reads an `.npy` file of version 1, 2 or 3, in either order of axes and bytes.
  ///
  /// - Throws: ``NumPyError`` with the file and the field that is wrong. Bytes after the elements are ignored,
  ///   as NumPy does.
  public init(contentsOf path: String) throws(NumPyError) {
    try self.init(try readFile(path), file: path, entry: nil)
  }

  init(_ bytes: [UInt8], file: String, entry: String?) throws(NumPyError) {
    let header = try bytes.withUnsafeBytes { bytes in
      Result { () throws(NumPyError) in try NumPyHeader(bytes, file: file, entry: entry) }
    }.get()
    guard let scalar = header.scalar else {
      throw NumPyError(
        .unsupportedScalar, path: file, entry: entry, field: "descr",
        context: "tensors have no scalar type \(header.descriptor)")
    }
    let count = header.shape.elementCount * scalar.size
    guard bytes.count - header.dataOffset >= count else {
      throw NumPyError(
        .truncatedData, path: file, entry: entry,
        context: "shape \(header.shape) needs \(count) bytes, there are \(bytes.count - header.dataOffset)")
    }
    self.file = file
    self.entry = entry
    scalarName = scalar.name
    shape = header.shape
    var elements = bytes[header.dataOffset..<header.dataOffset + count]
    if scalar.isBigEndian { elements.reverseBytes(ofEach: scalar.size) }
    // A truth value in memory is 0 or 1 and nothing else.
    if scalar.name == "bool" {
      for index in elements.indices where elements[index] > 1 { elements[index] = 1 }
    }
    if header.isFortranOrder && shape.rank > 1 {
      // Column-major elements are the row-major ones of the reversed shape.
      let axes = Array((0..<shape.rank).reversed())
      let reversed = TensorShape(shape.dimensions.reversed())
      switch scalar.size {
      case 1: elements = permutedBytes(elements, reversed, axes, UInt8.self)
      case 2: elements = permutedBytes(elements, reversed, axes, UInt16.self)
      case 4: elements = permutedBytes(elements, reversed, axes, UInt32.self)
      default: elements = permutedBytes(elements, reversed, axes, UInt64.self)
      }
    }
    self.elements = elements
  }

  /// The array as a tensor of its own scalar type.
  ///
  /// - Throws: ``NumPyError`` with code `scalarMismatch`, which names both types, for any other.
  public func tensor<Scalar: TensorScalar>(of type: Scalar.Type) throws(NumPyError) -> Tensor<Scalar> {
    guard Scalar.scalarName == scalarName else {
      throw NumPyError(
        .scalarMismatch, path: file, entry: entry, field: "descr",
        context: "the elements are \(scalarName), not \(Scalar.scalarName)")
    }
    return decoded()
  }

  /// The array with its elements converted one by one, as ``Tensor/init(converting:)`` does and NumPy's `astype`:
  /// numbers become the nearest floating-point number, integers truncate toward zero (2.9999998 becomes 2), truth
  /// values become 0 and 1.
  ///
  /// Where NumPy leaves the result open, integers clamp, and NaN becomes 0 in them. Labels that are floating-point
  /// numbers are better checked than truncated: `LabelImage` of the module Metrics does, or round them first.
  public func tensor<Scalar: TensorNumericScalar>(convertingTo type: Scalar.Type) -> Tensor<Scalar> {
    switch scalarName {
    case Float.scalarName: Tensor(converting: decoded(Float.self))
    case Double.scalarName: Tensor(converting: decoded(Double.self))
    case Int8.scalarName: Tensor(converting: decoded(Int8.self))
    case Int16.scalarName: Tensor(converting: decoded(Int16.self))
    case Int32.scalarName: Tensor(converting: decoded(Int32.self))
    case Int64.scalarName: Tensor(converting: decoded(Int64.self))
    case UInt8.scalarName: Tensor(converting: decoded(UInt8.self))
    case UInt16.scalarName: Tensor(converting: decoded(UInt16.self))
    case UInt32.scalarName: Tensor(converting: decoded(UInt32.self))
    case UInt64.scalarName: Tensor(converting: decoded(UInt64.self))
    default: Tensor(mask: decoded(Bool.self))
    }
  }

  /// The bytes of an `.npy` file: version 1, row-major, little-endian.
  ///
  /// - Throws: `badShape` for more axes than NumPy reads.
  func fileBytes(for path: String, entry: String? = nil) throws(NumPyError) -> [UInt8] {
    guard shape.rank <= NumPyHeader.axisLimit else {
      throw NumPyError(
        .badShape, path: path, entry: entry, field: "shape",
        context: "\(shape.rank) axes, NumPy reads \(NumPyHeader.axisLimit) at most")
    }
    var elements = elements
    if Int(littleEndian: 1) != 1 {
      elements.reverseBytes(ofEach: elements.count / max(shape.elementCount, 1))
    }
    return NumPyHeader.bytes(scalarName: scalarName, shape: shape) + elements
  }

  private func decoded<Scalar: TensorScalar>(_: Scalar.Type = Scalar.self) -> Tensor<Scalar> {
    Tensor(shape: shape) { buffer in
      elements.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
    }
  }
}

extension Tensor {
  /// Reads an `.npy` file whose elements have this scalar type; see ``NumPyArray/init(contentsOf:)``.
  ///
  /// - Throws: ``NumPyError``; `scalarMismatch` for a file of another type, which ``NumPyArray`` converts.
  public init(contentsOfNumPyFile path: String) throws(NumPyError) {
    self = try NumPyArray(contentsOf: path).tensor(of: Scalar.self)
  }

  /// Writes an `.npy` file that `numpy.load` reads: version 1, row-major, little-endian.
  ///
  /// The file appears whole or not at all: it is written beside its place and then renamed.
  ///
  /// - Throws: ``NumPyError``: `writeFailed`, or `badShape` for more than the 64 axes that NumPy reads.
  public func writeNumPyFile(to path: String) throws(NumPyError) {
    try writeFile(NumPyArray(self).fileBytes(for: path), to: path)
  }

  /// The scalar type's name.
  static var scalarName: String { Scalar.scalarName }
}

/// Permutes elements that are only bits.
private func permutedBytes<Bits: TensorScalar>(
  _ bytes: ArraySlice<UInt8>, _ shape: TensorShape, _ axes: [Int], _: Bits.Type
) -> ArraySlice<UInt8> {
  let tensor = Tensor<Bits>(shape: shape) { buffer in
    bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
  }
  return tensor.permuted(axes).withUnsafeBufferPointer { Array(UnsafeRawBufferPointer($0))[...] }
}

extension ArraySlice<UInt8> {
  /// Reverses the bytes of each element of `size` bytes.
  fileprivate mutating func reverseBytes(ofEach size: Int) {
    guard size > 1 else { return }
    for start in stride(from: startIndex, to: endIndex, by: size) { self[start..<start + size].reverse() }
  }
}
