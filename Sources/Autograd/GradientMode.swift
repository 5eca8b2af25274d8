/// Whether operators on variables are recorded, for the current task.
enum GradientMode {
  @TaskLocal static var isRecording = true
  @TaskLocal static var isRecomputing = false
  /// Whether a backward pass returns gradients in place of adding them up.
  @TaskLocal static var isCollecting = false
}

/// Runs `body` without recording: for evaluation, metrics and everything else that needs no gradient.
///
/// Operators inside save nothing, and their results track no gradient.
///
///     let prediction = withoutGradient { model(image) }
public func withoutGradient<Result>(_ body: () throws -> Result) rethrows -> Result {
  try GradientMode.$isRecording.withValue(false, operation: body)
}

/// Whether operators are being recorded: false inside ``withoutGradient(_:)``.
public var isRecordingGradients: Bool { GradientMode.isRecording }

/// Whether a checkpointed part runs for the second time (``checkpointed(_:using:_:)``). A layer with a side
/// effect of its own, such as running statistics, leaves it out then.
public var isRecomputingCheckpoint: Bool { GradientMode.isRecomputing }
