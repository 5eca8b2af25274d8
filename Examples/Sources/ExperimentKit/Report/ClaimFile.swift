import Foundation
import RunKit

extension ExperimentFolder {
  /// The claims of an experiment, each with the sentence that says it.
  func writeClaims(_ claims: [(claim: some Encodable, sentence: String)], of name: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let written = try claims.map { try JSONTree(of: $0.claim).setting("sentence", to: .text($0.sentence)) }
    try write(String(decoding: encoder.encode(written), as: UTF8.self) + "\n", to: "\(name)-claims.json")
  }
}
