import NN
import Tensor

/// Refuses settings of one method, with the field and the value in the error.
struct SettingCheck {
  let method: String

  /// - Throws: ``PretrainingError/badSetting(method:field:value:reason:)`` unless the value is good.
  func require(
    _ isGood: Bool, _ field: String, _ value: some Any, _ reason: String
  ) throws(PretrainingError) {
    guard isGood else { throw .badSetting(method: method, field: field, value: "\(value)", reason: reason) }
  }

  func positive(_ field: String, _ value: Double) throws(PretrainingError) {
    try require(value > 0 && value.isFinite, field, value, "must be positive")
  }

  func positive(_ field: String, _ value: Int) throws(PretrainingError) {
    try require(value >= 1, field, value, "must be at least 1")
  }

  func notNegative(_ field: String, _ value: Double) throws(PretrainingError) {
    try require(value >= 0 && value.isFinite, field, value, "must not be negative")
  }

  func probability(_ field: String, _ value: Double) throws(PretrainingError) {
    try require((0...1).contains(value), field, value, "must be a probability, 0...1")
  }

  /// What every method asks of its recipe and its optimiser.
  func training(_ recipe: TrainingRecipe, _ optimization: OptimizerRecipe) throws(PretrainingError) {
    try optimization.validate(self, "optimization")
    try require(recipe.steps >= 0, "recipe.steps", recipe.steps, "must not be negative")
    try positive("recipe.batchSize", recipe.batchSize)
    try positive("recipe.accumulation", recipe.accumulation)
  }

  /// What a ring of rows asks of the batches: those of one update go in together, and the ring ends where one of them ends.
  func queue(_ field: String, length: Int, recipe: TrainingRecipe) throws(PretrainingError) {
    let rows = recipe.batchSize * recipe.accumulation
    try require(
      length >= rows && length % rows == 0, field, length,
      "must be a multiple of the \(rows) images of an update (batchSize x accumulation)")
    try require(
      recipe.lastBatch != .kept, "recipe.lastBatch", recipe.lastBatch.rawValue,
      "a smaller batch does not fit the queue")
  }
}

extension SettingCheck {
  /// What norms over the rows of a batch ask of it, and a loss that compares images: two at least.
  func pairs(_ recipe: TrainingRecipe) throws(PretrainingError) {
    try require(
      recipe.batchSize >= 2, "recipe.batchSize", recipe.batchSize,
      "one image has neither statistics nor another to be compared with")
  }

  /// The same of the images: two at least, and no batch of one at the end of an epoch.
  func pairs(_ recipe: TrainingRecipe, imageCount: Int) throws(PretrainingError) {
    try require(
      imageCount >= 2, "images", imageCount,
      "one image has neither statistics nor another to be compared with")
    try require(
      recipe.lastBatch != .kept || imageCount % recipe.batchSize != 1, "recipe.lastBatch",
      recipe.lastBatch.rawValue,
      "\(imageCount) images in batches of \(recipe.batchSize) leave one, which has no statistics")
  }

  /// Refuses a slice that is smaller than the crops that are to be cut from it: they would only be blown up. Patches are padded
  /// instead, as the group behind SuperCL does.
  func fits(
    _ image: PretrainingImage, at index: Int, _ field: String, _ views: ViewRecipe
  ) throws(PretrainingError) {
    if case .varied = views { return }
    guard image.image.rank == 3 else { return }
    let side = min(image.image.shape[0], image.image.shape[1])
    for size in views.sizes {
      try require(
        size.allSatisfy { $0 <= side }, "\(field).sizes", size,
        "the crops are larger than image \(index), whose shape is \(image.image.shape)")
    }
  }

  /// What views ask of the encoder: two axes where they are crops, two or three where they are patches, and sides that it can
  /// halve.
  func views(_ field: String, _ views: ViewRecipe, encoder: EncoderDescription) throws(PretrainingError) {
    try views.validate(self, field)
    if case .varied(let patches) = views {
      try require(
        patches.patchSize.sides(axes: encoder.spatialAxes) != nil, "\(field).varied.patchSize",
        patches.patchSize, "the encoder takes \(encoder.spatialAxes) axes")
    } else {
      try require(
        encoder.spatialAxes == 2, "encoder", "\(encoder.spatialAxes) spatial axes",
        "crops are made of slices [height, width, channels]: of volumes, make the views varied")
    }
    for size in views.sizes(axes: encoder.spatialAxes) {
      try require(
        zip(size, encoder.sizeMultiple).allSatisfy { $0 % $1 == 0 }, "\(field).sizes", size,
        "the encoder takes multiples of \(encoder.sizeMultiple)")
    }
  }
}

extension SettingCheck {
  /// What a U-Net's decoder asks of the encoder.
  func halving(_ encoder: EncoderDescription, for what: String) throws(PretrainingError) {
    try require(
      encoder.halvesAtEachLevel, "encoder", "strides \(encoder.levels.map(\.stride))",
      "\(what) expands levels that begin at the image's size and halve one after another")
  }
}
