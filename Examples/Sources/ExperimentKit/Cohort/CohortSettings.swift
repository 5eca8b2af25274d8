import ExampleSupport

/// How virtual patients are made of a real volume.
///
/// A virtual patient is a slab of neighbouring slices of one person, bent, resized, turned, and given other intensities, as
/// bodies and scanners differ; the numbers below say how much. They are not measured on a population: they are our choice,
/// made so that the pictures look like people and the shapes differ by some millimetres.
public struct CohortSettings: Codable, Hashable, Sendable {
  /// Virtual patients of each slab of the training side: 10.
  public var trainingPatientsPerSlab = 10
  /// Of each slab of the validation side: 4.
  public var validationPatientsPerSlab = 4
  /// Of each slab of the test side: 8.
  public var testPatientsPerSlab = 8
  /// The seed of all that is drawn below.
  public var seed: UInt64 = 1

  /// The standard deviation of the velocity at the control points, in millimetres a unit of time along each axis: 5.
  public var velocity = 5.0
  /// Millimetres between control points: 30.
  public var controlSpacing = 30.0
  /// Squarings of the flow: the velocity is followed in `2^squarings` parts: 6.
  public var squarings = 6
  /// The largest rotation about the long axis of the body, in degrees, to either side: 6.
  public var rotation = 6.0
  /// Factors of the body's size in the plane, one for each axis: .9...1.1.
  public var size = 0.9...1.1
  /// The largest shift along each axis of the plane, in millimetres: 6.
  public var translation = 6.0

  /// The standard deviation of each class's shift of intensity, as a share of the window: .04.
  public var organShift = 0.04
  /// The standard deviation of the logarithm of the gain at the control points of the bias field: .05.
  public var bias = 0.05
  /// Millimetres between the control points of the bias field: 100.
  public var biasSpacing = 100.0
  /// The standard deviation of the blur in the plane, in pixels, drawn from this range: 0...0.8.
  public var blur = 0.0...0.8
  /// The standard deviation of the noise, as a share of the window, drawn from this range: 0...0.03.
  public var noise = 0.0...0.03

  public init() {}

  /// - Throws: ``ExampleFailure`` (65): the first number that is out of range.
  func validate(_ path: String) throws(ExampleFailure) {
    let counts = [
      ("trainingPatientsPerSlab", trainingPatientsPerSlab, 1),
      ("validationPatientsPerSlab", validationPatientsPerSlab, 1),
      ("testPatientsPerSlab", testPatientsPerSlab, 1), ("squarings", squarings, 0),
    ]
    for (name, value, least) in counts where value < least {
      throw ExampleFailure(.data, "\(path): cohort.\(name) = \(value): must be at least \(least)")
    }
    guard squarings <= 16 else {
      throw ExampleFailure(.data, "\(path): cohort.squarings = \(squarings): must be at most 16")
    }
    let deviations = [
      ("velocity", velocity), ("rotation", rotation), ("translation", translation),
      ("organShift", organShift),
      ("bias", bias), ("blur", blur.lowerBound), ("noise", noise.lowerBound),
    ]
    for (name, value) in deviations where !(value >= 0 && value.isFinite) {
      throw ExampleFailure(.data, "\(path): cohort.\(name) = \(value): must not be negative")
    }
    for (name, value) in [
      ("controlSpacing", controlSpacing), ("biasSpacing", biasSpacing), ("size", size.lowerBound),
    ] where !(value > 0 && value.isFinite) {
      throw ExampleFailure(.data, "\(path): cohort.\(name) = \(value): must be positive")
    }
  }
}
