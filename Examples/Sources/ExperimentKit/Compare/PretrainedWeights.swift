import Foundation
import NN
import RunKit

/// What a pre-training leaves for a U-Net: the encoder, and the stages of a decoder where its method trains some.
struct PretrainedWeights {
  private let encoder: URL
  private let decoder: URL

  /// The files of a run, by its digest.
  init(_ digest: String, in folder: ExperimentFolder) {
    (encoder, decoder) = (folder.encoderFile(digest), folder.encoderFile("\(digest)-decoder"))
  }

  var areThere: Bool { FileManager.default.fileExists(atPath: encoder.path) }

  /// The encoder's file comes last: where it is, all are.
  func save(encoder trained: any FeatureEncoder<Float>, decoder stages: (any FeatureDecoder<Float>)?) throws {
    if let stages { try stages.save(to: decoder) }
    try trained.save(to: encoder)
  }

  func load(into network: UNetEncoder<Float>) throws { try network.load(from: encoder) }

  /// Puts them in the place of the network's own; stages of the decoder that were not trained keep theirs.
  func load(into network: UNet<Float>) throws {
    try load(into: network.encoder)
    if FileManager.default.fileExists(atPath: decoder.path) {
      try network.decoder.load(from: decoder, policy: .matching)
    }
  }
}
