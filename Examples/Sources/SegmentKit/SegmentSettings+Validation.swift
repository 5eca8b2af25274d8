import ExampleSupport
import MedIO
import NN
import RunKit

extension SegmentSettings {
  /// Refuses what nothing can be trained with.
  ///
  /// - Throws: ``ExampleFailure``: field, value and reason (65).
  func validate() throws(ExampleFailure) {
    try validateCounts()
    try validateShares()
    let axes = dimensions
    try require(patch.count == axes, "patch", patch, "must have \(axes) sides")
    try require(
      patch.allSatisfy { $0 > 0 && $0 % sizeMultiple == 0 }, "patch", patch,
      "sides must be multiples of \(sizeMultiple), for \(levels) levels")
    try require(
      slabLength.map { axes == 2 || $0 >= patch[0] } ?? true, "slabLength", slabLength ?? 0,
      "a slab is at least as deep as a patch, \(patch[0]) planes")
    try require(
      AnatomicalOrientation(orientation) != nil, "orientation", orientation,
      "must be three letters such as RAS")
    if let spacing {
      try require(
        spacing.count == axes && spacing.allSatisfy { $0 > 0 && $0.isFinite }, "spacing", spacing,
        "must be \(axes) positive numbers")
    }
    if let notFinite { try require(notFinite.isFinite, "notFinite", notFinite, "must be a number") }
    try require(
      axes == 3 || !mirrors.contains(.plane), "mirrors", "plane", "the network sees planes one by one")
    do {
      _ = try IntensityRule(argument: intensity)
    } catch {
      throw ExampleFailure(.data, error.description.replacing("--intensity", with: "settings: intensity"))
    }
  }

  private func validateCounts() throws(ExampleFailure) {
    let counts = [
      ("dimensions", dimensions, 2, 3), ("width", width, 1, 1024), ("levels", levels, 2, 8),
      ("steps", steps, 1, .max), ("batchSize", batchSize, 1, .max),
      ("validationInterval", validationInterval, 1, .max), ("patience", patience ?? 0, 0, .max),
      ("slabLength", slabLength ?? 1, 1, .max), ("droppedPlanes", droppedPlanes, 0, .max),
    ]
    for (field, value, least, most) in counts where value < least || value > most {
      let range = most == .max ? "at least \(least)" : "in \(least)...\(most)"
      throw ExampleFailure(.data, "settings: \(field) = \(value): must be \(range)")
    }
  }

  private func validateShares() throws(ExampleFailure) {
    for (field, value) in [
      ("learningRate", learningRate), ("diceWeight + crossEntropyWeight", diceWeight + crossEntropyWeight),
    ] {
      try require(value > 0 && value.isFinite, field, value, "must be positive")
    }
    for (field, value) in [
      ("weightDecay", weightDecay), ("crossEntropyWeight", crossEntropyWeight), ("diceWeight", diceWeight),
    ] {
      try require(value >= 0 && value.isFinite, field, value, "must not be negative")
    }
    try require((0...1).contains(foregroundShare), "foregroundShare", foregroundShare, "must be in 0...1")
    for (field, value) in [("validationShare", validationShare), ("overlap", overlap)] {
      try require(value >= 0 && value < 1, field, value, "must be in 0..<1")
    }
  }

  private func require(
    _ condition: Bool, _ field: String, _ value: some Any, _ reason: String
  ) throws(ExampleFailure) {
    if !condition { throw ExampleFailure(.data, "settings: \(field) = \(value): \(reason)") }
  }
}
