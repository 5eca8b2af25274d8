import Tensor

/// What the methods draw beside first weights, order and views.
extension RandomPurpose {
  /// The first weights of a projector.
  static let projector: RandomPurpose = "projector"
  /// The first weights of WCL's projector for the graph.
  static let graphProjector: RandomPurpose = "graphProjector"
  /// The first weights of a predictor.
  static let predictor: RandomPurpose = "predictor"
  /// The first weights of DeSD's heads, one place for each.
  static let heads: RandomPurpose = "heads"
  /// The first weights of a decoder.
  static let decoder: RandomPurpose = "decoder"
  /// The first weights of a discriminator.
  static let discriminator: RandomPurpose = "discriminator"
  /// The first prototypes.
  static let prototypes: RandomPurpose = "prototypes"
  /// The first rows of a queue.
  static let queue: RandomPurpose = "queue"
  /// The order of keys before they are dealt to norm groups.
  static let shuffle: RandomPurpose = "shuffle"
  /// The first weights of a linear probe.
  static let linearProbe: RandomPurpose = "linear probe"
  /// The order of a linear probe's features.
  static let linearProbeOrder: RandomPurpose = "linear probe order"
}
