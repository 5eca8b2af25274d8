package import NN

extension Safetensors {
  /// The tensors of an encoder: all of an `encoder.safetensors`, those of the encoder in a `learner.safetensors`.
  package var encoder: Safetensors {
    entries.keys.contains { $0.hasPrefix("encoder.") } ? section("encoder") : self
  }
}
