import NN

extension SwAV {
  func validate(_ check: SettingCheck, _ encoder: EncoderDescription) throws {
    try check.training(recipe, optimization)
    try check.require(
      recipe.batchSize >= 2, "recipe.batchSize", recipe.batchSize,
      "the codes of one image are 1 / prototypeCount, whatever its scores")
    try check.positive("temperature", temperature)
    try check.positive("sinkhorn.epsilon", sinkhorn.epsilon)
    try check.positive("sinkhorn.iterations", sinkhorn.iterations)
    try check.positive("prototypeCount", prototypeCount)
    try check.require(frozenSteps >= 0, "frozenSteps", frozenSteps, "must not be negative")
    if let queue {
      try check.queue("queue.length", length: queue.length, recipe: recipe)
      try check.require(queue.startStep >= 0, "queue.startStep", queue.startStep, "must not be negative")
    }
    try check.positive("hiddenFeatures", hiddenFeatures)
    try check.positive("embeddingSize", embeddingSize)
    try check.views("views", views, encoder: encoder)
    let count = views.sizes.count
    try check.require(count >= 2, "views.sizes", views.sizes, "there must be at least two crops")
    try check.require(
      (1...count).contains(assignedCrops), "assignedCrops", assignedCrops,
      "must be some of the \(count) crops")
  }
}
