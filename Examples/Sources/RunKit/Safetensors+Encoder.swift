package import Foundation
package import NN

extension Safetensors {
  /// The tensors of an encoder: of `encoder.safetensors`, or of a `learner.safetensors` that holds one.
  ///
  /// - Throws: `CheckpointError`: a file that cannot be read.
  package init(ofEncoderAt url: URL) throws(CheckpointError) {
    let file = try Safetensors(contentsOf: url)
    self = file.entries.keys.contains { $0.hasPrefix("encoder.") } ? file.section("encoder") : file
  }
}
