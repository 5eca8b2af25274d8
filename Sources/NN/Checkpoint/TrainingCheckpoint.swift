public import Foundation
import Tensor

/// A safetensors file with sections of tensors and named text fields: the state of a training.
public struct TrainingCheckpoint: Sendable {
  private var file = Safetensors()
  /// Text fields.
  public var fields: [String: String] {
    get { file.metadata }
    set { file.metadata = newValue }
  }

  /// A checkpoint without content.
  public init() {}

  /// Adds tensors under `section.name`.
  public mutating func add(_ tensors: Safetensors, under section: String) {
    for (name, entry) in tensors.entries { file.set(entry, for: "\(section).\(name)") }
  }

  /// The tensors of a section, under their own names.
  public func section(_ section: String) -> Safetensors { file.section(section) }

  /// Stores a value as JSON in a field.
  public mutating func encode(_ value: some Encodable, as field: String, path: String) throws(CheckpointError)
  {
    guard let data = try? JSONEncoder.forTraining.encode(value) else {
      throw CheckpointError(
        .writeFailed, path: path, field: field, context: "field '\(field)' cannot be encoded")
    }
    fields[field] = String(decoding: data, as: UTF8.self)
  }

  /// Reads a value from the JSON of a field, in which no key stands twice.
  ///
  /// - Throws: ``CheckpointError`` with code `incompatible` for a field that is missing or does not give the value.
  public func decode<Value: Decodable>(
    _ type: Value.Type, from field: String, path: String
  ) throws(CheckpointError) -> Value {
    guard let text = fields[field] else {
      throw CheckpointError(.incompatible, path: path, field: field, context: "field '\(field)' is missing")
    }
    do {
      try JSONReader.check(Array(text.utf8))
      return try JSONDecoder.forTraining.decode(type, from: Data(text.utf8))
    } catch {
      throw CheckpointError(
        .incompatible, path: path, field: field, context: "field '\(field)' is broken", underlying: error)
    }
  }

  /// Writes the file whole or not at all.
  ///
  /// - Throws: ``CheckpointError``, as `Safetensors.write(to:)`.
  public func write(to url: URL) throws(CheckpointError) { try file.write(to: url) }

  /// Reads a checkpoint.
  ///
  /// - Throws: ``CheckpointError``, as `Safetensors.init(contentsOf:)`.
  public init(contentsOf url: URL) throws(CheckpointError) { file = try Safetensors(contentsOf: url) }
}
