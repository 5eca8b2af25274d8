import ExampleSupport

/// What `volumes` trains: slices and volumes of the same patients, by networks of one width.
public struct VolumeSettings: Codable, Hashable, Sendable {
  /// Channels of the first level of both networks: 8.
  public var width = 8
  /// Sides of a patch of the 3-D network: 8 x 64 x 64 voxels, as deep as a virtual patient. Planes are pooled as long as there
  /// are two.
  public var patch = [8, 64, 64]
  /// Steps of pre-training: 100, of both.
  public var pretrainingSteps = 100
  /// Slices of a step of pre-training in 2-D, and patches in 3-D: 8 and 2, of as many voxels in the patch's size.
  public var slicesPerStep = 8
  public var patchesPerStep = 2
  /// How both are fine-tuned: Dice added, as `tuned`, with one schedule, 400 steps. Its batch is of slices.
  public var protocols: [FineTuningProtocol] = [
    FineTuningProtocol(
      name: "tuned", crossEntropyWeight: 0.3, diceWeight: 1,
      schedules: [FineTuningSchedule(rate: 1e-3, floor: 1e-5)], budgets: [400], batchSize: 5,
      weightDecay: 1e-5,
      augmentation: .turningAndScaling)
  ]
  /// Patches of a step of fine-tuning in 3-D: 2.
  public var tuningPatches = 2
  /// Distances up to this many millimetres agree in surface Dice: 3.
  public var tolerance = 3.0

  public init() {}

  static var quick: VolumeSettings {
    var settings = VolumeSettings()
    (settings.width, settings.patch, settings.pretrainingSteps) = (2, [4, 32, 32], 1)
    (settings.slicesPerStep, settings.patchesPerStep, settings.tuningPatches) = (2, 2, 1)
    settings.protocols[0].budgets = [2]
    settings.protocols[0].batchSize = 2
    return settings
  }

  func validate(_ path: String) throws(ExampleFailure) {
    for (name, value, least) in [
      ("width", width, 1), ("pretrainingSteps", pretrainingSteps, 1), ("slicesPerStep", slicesPerStep, 2),
      ("patchesPerStep", patchesPerStep, 2), ("tuningPatches", tuningPatches, 1),
    ] where value < least {
      throw ExampleFailure(.data, "\(path): volumes.\(name) = \(value): must be at least \(least)")
    }
    guard patch.count == 3, patch[0] >= 1, patch[1...].allSatisfy({ $0 >= 16 && $0 % 16 == 0 }),
      patch[0] & (patch[0] - 1) == 0 || patch[0] % 16 == 0
    else {
      throw ExampleFailure(
        .data,
        "\(path): volumes.patch = \(patch): three sides: planes, a power of two or a multiple of 16, then two multiples of 16"
      )
    }
    guard tolerance >= 0, tolerance.isFinite else {
      throw ExampleFailure(.data, "\(path): volumes.tolerance = \(tolerance): must not be negative")
    }
    guard protocols.count == 1, protocols[0].budgets.count == 1, protocols[0].schedules.count == 1 else {
      throw ExampleFailure(.data, "\(path): volumes.protocols: one, with one length and one schedule")
    }
    try protocols[0].validate(path)
  }
}
