import Tensor

/// How the tensors of a foreign checkpoint are named here, and the reverse: a table of dotted prefixes.
///
///     let names = ParameterNameMap([("backbone.conv_1", "encoder.stages.0.conv1"), ("classifier", "head")])
///     names.renamed("backbone.conv_1.weight")            // "encoder.stages.0.conv1.weight"
///     names.inverted.renamed("head.weight")              // "classifier.weight"
///     try network.load(from: url, renaming: names)
///
/// A prefix is a whole number of the name's parts between dots; of several that fit, the longest counts. Names that no
/// prefix fits stay as they are. One place cannot have two names: no prefix stands twice on either side, so that
/// the table can be read both ways.
public struct ParameterNameMap: Hashable, Sendable {
  /// The prefixes, in the order in which they were given.
  public let prefixes: [Renaming]
  private let table: [ExactName: String]

  /// A prefix in the file, and the one in its place here.
  public struct Renaming: Hashable, Sendable, Codable {
    /// The file's prefix.
    public let file: String
    /// The module's prefix.
    public let module: String

    /// A pair of prefixes.
    public init(file: String, module: String) {
      self.file = file
      self.module = module
    }
  }

  /// Every name as it is.
  public static let unchanged = ParameterNameMap([])

  /// A map of prefixes, those of the file first.
  ///
  /// - Precondition: No prefix is empty, and none stands twice on one side.
  public init(_ prefixes: [(file: String, module: String)]) {
    let prefixes = prefixes.map { Renaming(file: $0.file, module: $0.module) }
    let fault = Self.fault(of: prefixes)
    shapePrecondition(fault == nil, "a map of parameter names: \(fault ?? "")")
    self.init(checked: prefixes)
  }

  private init(checked prefixes: [Renaming]) {
    self.prefixes = prefixes
    table = Dictionary(prefixes.map { (ExactName($0.file), $0.module) }) { first, _ in first }
  }

  private static func fault(of prefixes: [Renaming]) -> String? {
    for side in [\Renaming.file, \Renaming.module] {
      var known: Set<ExactName> = []
      for prefix in prefixes {
        let name = prefix[keyPath: side]
        if name.isEmpty || name.split(separator: ".", omittingEmptySubsequences: false).contains("") {
          return "'\(name)' is no prefix"
        }
        if !known.insert(ExactName(name)).inserted { return "the prefix '\(name)' stands twice" }
      }
    }
    return nil
  }

  /// The module's name of a tensor of the file.
  public func renamed(_ name: String) -> String {
    var prefix = name[...]
    while true {
      if let replacement = table[ExactName(String(prefix))] { return replacement + name[prefix.endIndex...] }
      guard let dot = prefix.lastIndex(of: ".") else { return name }
      prefix = prefix[..<dot]
    }
  }

  /// The map from the module's names to the file's.
  public var inverted: ParameterNameMap {
    ParameterNameMap(checked: prefixes.map { Renaming(file: $0.module, module: $0.file) })
  }
}

extension ParameterNameMap: Codable {
  /// A list of `{"file": ..., "module": ...}`.
  ///
  /// - Throws: `DecodingError` for prefixes that ``init(_:)`` does not take.
  public init(from decoder: any Decoder) throws {
    let prefixes = try decoder.singleValueContainer().decode([Renaming].self)
    if let fault = Self.fault(of: prefixes) {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: fault))
    }
    self.init(checked: prefixes)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(prefixes)
  }
}

extension Safetensors {
  /// The file with its tensors under the names of a map.
  ///
  /// - Throws: ``CheckpointError`` with code `badName`, which tells all three names, when two tensors would have one.
  public func renamed(by names: ParameterNameMap, path: String = "state") throws(CheckpointError)
    -> Safetensors
  {
    var renamed = Safetensors()
    renamed.metadata = metadata
    var origins: [ExactName: String] = [:]
    for (name, entry) in entries {
      let new = names.renamed(name)
      if let other = origins.updateValue(name, forKey: ExactName(new)) {
        throw CheckpointError(
          .badName, path: path, context: "tensors '\(other)' and '\(name)' would both be '\(new)'")
      }
      renamed.set(entry, for: new)
    }
    return renamed
  }
}
