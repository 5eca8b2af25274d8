public import Foundation
public import Tensor

/// What a load found: names that the file lacks, has in excess, or has in another shape. Names with the same shape in
/// both were loaded.
public struct LoadReport: Sendable, Equatable, CustomStringConvertible {
  /// Names of the module that the file has not.
  public var missing: [String] = []
  /// Names of the file that the module has not.
  public var unexpected: [String] = []
  /// Names in both whose shapes differ (in the file's axis order).
  public var mismatched: [Mismatch] = []
  /// Names that were loaded.
  public var loaded: [String] = []
  /// The file's names for those of the module, where a map renamed them.
  public var namesInFile: [String: String] = [:]

  /// A name whose shape in the file is another than in the module.
  public struct Mismatch: Sendable, Equatable {
    /// The dotted name.
    public let name: String
    /// The module's shape, in the file's axis order.
    public let expected: TensorShape
    /// The file's shape.
    public let found: TensorShape

    /// A name with both shapes.
    public init(name: String, expected: TensorShape, found: TensorShape) {
      self.name = name
      self.expected = expected
      self.found = found
    }
  }

  /// Whether everything fitted.
  public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

  public var description: String {
    func both(_ name: String) -> String { namesInFile[name].map { "\(name) (\($0) in the file)" } ?? name }
    let shapes = mismatched.map { "\(both($0.name)) is \($0.found), expected \($0.expected)" }
    return "loaded \(loaded.count); missing \(missing.map(both)); unexpected \(unexpected.map(both)); "
      + "mismatched \(shapes)"
  }
}

/// How strictly names must agree when a file is loaded into a module.
public enum LoadPolicy: Sendable {
  /// Every name of the module and of the file must fit, as PyTorch's `strict=True`; otherwise nothing is loaded.
  case strict
  /// What fits is loaded, the rest is reported.
  case matching
}

extension Module {
  /// All parameters, buffers and counters under their names, in PyTorch's axis order.
  ///
  /// - Precondition: No two members have one name.
  public func state() -> Safetensors {
    var file = Safetensors()
    for member in flattenedMembers() {
      if let name = member.name {
        shapePrecondition(file.entries[name] == nil, "two members of the module are named '\(name)'")
      }
      switch member {
      case .parameter(let name, let parameter):
        let order = parameter.layout.fileOrder(rank: parameter.shape.rank)
        file.set(parameter.value.permuted(order), for: name)
      case .buffer(let name, let buffer): file.set(buffer.value, for: name)
      case .counter(let name, let counter): file.set(Tensor(Int64(counter.value)), for: name)
      case .module: continue
      }
    }
    return file
  }

  /// Writes ``state()`` to a safetensors file, atomically.
  public func save(to url: URL) throws(CheckpointError) { try state().write(to: url) }

  /// Loads a safetensors file; see ``load(_:renaming:policy:path:)``.
  @discardableResult
  public func load(
    from url: URL, renaming names: ParameterNameMap = .unchanged, policy: LoadPolicy = .strict
  ) throws(CheckpointError) -> LoadReport {
    try load(Safetensors(contentsOf: url), renaming: names, policy: policy, path: url.path)
  }

  /// Sets parameters, buffers and counters from tensors of the same names, in PyTorch's axis order. F64 values load
  /// into Float and the reverse.
  ///
  /// - Parameters:
  ///   - file: The tensors.
  ///   - names: How the file's names read here; the report has the module's names, and the file's beside them.
  ///   - policy: Whether every name must fit.
  ///   - path: The file, for messages.
  /// - Throws: ``CheckpointError``; the module is then unchanged. Code `mismatch` with the report, when the policy is
  ///   strict and a name does not fit; `badName` when two of the file's names become one; `unsupportedScalar` when
  ///   a tensor that fits is of a type that does not convert, `notFinite` when it holds NaN or infinity.
  @discardableResult
  public func load(
    _ file: Safetensors, renaming names: ParameterNameMap = .unchanged, policy: LoadPolicy = .strict,
    path: String = "state"
  ) throws(CheckpointError) -> LoadReport {
    let file = try file.renamed(by: names, path: path)
    let theirs = names.inverted
    var report = LoadReport()
    var assignments: [() -> Void] = []
    var known: Set<ExactName> = []
    /// Keeps the name in the file, where it is another.
    func note(_ name: String) {
      let other = theirs.renamed(name)
      if ExactName(other) != ExactName(name) { report.namesInFile[name] = other }
    }
    func fits(_ name: String, _ expected: TensorShape) -> Bool {
      known.insert(ExactName(name))
      note(name)
      guard let entry = file.entries[name] else {
        report.missing.append(name)
        return false
      }
      guard entry.shape == expected else {
        report.mismatched.append(.init(name: name, expected: expected, found: entry.shape))
        return false
      }
      report.loaded.append(name)
      return true
    }
    for member in flattenedMembers() {
      switch member {
      case .parameter(let name, let parameter):
        let order = parameter.layout.fileOrder(rank: parameter.shape.rank)
        let expected = TensorShape(order.map { parameter.shape[$0] })
        guard fits(name, expected) else { continue }
        let value = try floatingPoint(name, in: file, path: path)
        let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
        assignments.append { parameter.value = value.permuted(inverse) }
      case .buffer(let name, let buffer):
        guard fits(name, buffer.value.shape) else { continue }
        let value = try floatingPoint(name, in: file, path: path)
        assignments.append { buffer.value = value }
      case .counter(let name, let counter):
        guard fits(name, []) else { continue }
        guard let value = file.tensor(name, of: Int64.self) else {
          throw CheckpointError(
            .unsupportedScalar, path: path, field: name, context: "tensor '\(name)' is not I64")
        }
        assignments.append { counter.value = Int(value.item) }
      case .module: continue
      }
    }
    report.unexpected = file.entries.keys.filter { !known.contains(ExactName($0)) }
    report.unexpected.forEach(note)
    if policy == .strict, !report.isComplete {
      throw CheckpointError(.mismatch, path: path, context: report.description)
    }
    for assign in assignments { assign() }
    return report
  }

  private func floatingPoint(
    _ name: String, in file: Safetensors, path: String
  ) throws(CheckpointError) -> Tensor<Scalar> {
    if let value = file.floatingPoint(name, as: Scalar.self) {
      let count = value.nonFiniteElements.count
      guard count == 0 else {
        throw CheckpointError(
          .notFinite, path: path, field: name,
          context: "tensor '\(name)' has \(count) values that are not finite")
      }
      return value
    }
    throw CheckpointError(
      .unsupportedScalar, path: path,
      field: name,
      context: "tensor '\(name)' is \(file.entries[name]?.scalarType ?? "missing"), not F32 or F64")
  }
}

extension ModuleMember {
  /// The name of what stands in files; nil for a module, which stands there by its members.
  fileprivate var name: String? {
    switch self {
    case .parameter(let name, _), .buffer(let name, _), .counter(let name, _): name
    case .module: nil
    }
  }
}
