/// The files of two folders, matched by name.
///
/// A case's name is the file's name without `.nii`, `.nii.gz` and the like, so that `7.nii` finds `7.nii.gz`.
/// Nothing is left out in silence: every file needs its partner.
public struct CasePairing: Hashable, Sendable {
  /// A case and its files, as they were given.
  public struct Pair: Hashable, Sendable {
    public let name: String
    public let prediction: String
    public let reference: String
  }

  /// Sorted by name.
  public let pairs: [Pair]

  /// Matches file names.
  ///
  /// - Parameters:
  ///   - predictions: the names of the files in the folder of predictions, without the folder.
  ///   - predictionFolder: what messages call that folder.
  ///   - extensions: endings that are not part of a case's name, the longest that fits is dropped.
  ///   - references: What the anchors are compared with.
  ///   - referenceFolder: The folder of the references, for messages.
  /// - Throws: ``MetricsError`` for a folder without files, a file without partner, two files of one case.
  public init(
    predictions: [String], in predictionFolder: String, references: [String], in referenceFolder: String,
    extensions: [String] = [".nii", ".nii.gz"]
  ) throws(MetricsError) {
    let first = try Self.cases(predictions, predictionFolder, extensions)
    let second = try Self.cases(references, referenceFolder, extensions)
    pairs = try first.keys.sorted().map { name throws(MetricsError) in
      guard let prediction = first[name], let reference = second[name] else {
        throw MetricsError(
          .missingPartner(
            file: "\(predictionFolder)/\(first[name] ?? name)", folder: referenceFolder))
      }
      return Pair(name: name, prediction: prediction, reference: reference)
    }
    if let name = second.keys.sorted().first(where: { first[$0] == nil }) {
      throw MetricsError(
        .missingPartner(
          file: "\(referenceFolder)/\(second[name] ?? name)", folder: predictionFolder))
    }
  }

  private static func cases(
    _ files: [String], _ folder: String, _ extensions: [String]
  ) throws(MetricsError) -> [String: String] {
    guard !files.isEmpty else { throw MetricsError(.emptyFolder(folder)) }
    var cases: [String: String] = [:]
    for file in files {
      let ending = extensions.filter { file.hasSuffix($0) }.max { $0.count < $1.count } ?? ""
      let name = String(file.dropLast(ending.count))
      if let other = cases[name] {
        throw MetricsError(
          .duplicateCase(
            name: name, files: ["\(folder)/\(other)", "\(folder)/\(file)"].sorted()))
      }
      cases[name] = file
    }
    return cases
  }
}
