/// What becomes of the last examples of an epoch when they do not fill a batch.
public enum LastBatch: String, Hashable, Codable, Sendable {
  /// They form a smaller batch: SuperCL's released code in fine-tuning.
  case kept
  /// They are left out, so that every batch has the same size: SuperCL's released code in pre-training.
  case dropped
  /// The batch is filled from the next epoch, so that every batch has the same size and no example is left out.
  case carriedOver
}
