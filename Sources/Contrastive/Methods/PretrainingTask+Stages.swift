public import NN

extension PretrainingTask {
  /// A task whose encoder starts from one that is trained: the second of two stages, or a training that goes on with another
  /// method.
  ///
  ///     let second = try PretrainingTask(GCLLocal.small, encoder: .unet(width: 32), startingFrom: first.encoder)
  ///
  /// What stands beside the encoder begins at its first weights. Of two stages of one method that share more, as DiRA's, load
  /// the learner: `try second.learner.load(first.learner.state(), policy: .matching)`.
  ///
  /// - Throws: ``PretrainingError``; `CheckpointError` when the encoders have not the same names and shapes.
  public convenience init(
    _ method: Method, encoder: EncoderBlueprint, startingFrom trained: any FeatureEncoder<Float>
  ) throws {
    try self.init(method, encoder: encoder)
    try learner.encoder.load(trained.state())
  }
}
