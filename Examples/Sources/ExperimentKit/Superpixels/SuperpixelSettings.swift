import ExampleSupport
import Superpixel

/// What `leakage` and `clusters` measure.
public struct SuperpixelSettings: Codable, Hashable, Sendable {
  /// Superpixels of `leakage`: 100, as SuperCL has them.
  public var count = 100
  /// Compactness of `leakage` and of the adaptive count: 10.
  public var compactness = 10.0
  /// Counts of `clusters`.
  public var counts = [25, 50, 100, 200, 400]
  /// Compactness values of `clusters`, each with every count.
  public var compactnesses = [1.0, 3, 10, 30, 100]
  /// Counts that the adaptive one is held against, slice by slice.
  public var fixedCounts = Array(stride(from: 25, through: 400, by: 25))
  /// Adaptive counts: the default, each of its two parameters halved and doubled, and the coarse one.
  public var adaptive = [
    AdaptiveChoice(finestCount: 800, tolerance: 6), AdaptiveChoice(finestCount: 400, tolerance: 6),
    AdaptiveChoice(finestCount: 1600, tolerance: 6), AdaptiveChoice(finestCount: 800, tolerance: 3),
    AdaptiveChoice(finestCount: 800, tolerance: 12), AdaptiveChoice(finestCount: 400, tolerance: 60),
  ]
  /// Every so many labelled slices are measured: 1, all of them.
  public var sliceStep = 1
  /// Slices that are pictured of each data set: 3.
  public var pictures = 3
  /// Neighbouring slices that count as one case in intervals, for they look alike: 8.
  public var slicesPerBlock = 8

  public init() {}

  static var quick: SuperpixelSettings {
    var settings = SuperpixelSettings()
    settings.counts = [50, 100]
    settings.compactnesses = [10]
    settings.fixedCounts = [50]
    settings.adaptive = Array(settings.adaptive.prefix(1))
    settings.sliceStep = 16
    settings.slicesPerBlock = 1
    return settings
  }

  func validate(_ path: String) throws(ExampleFailure) {
    func fail(_ field: String, _ reason: String) -> ExampleFailure {
      ExampleFailure(.data, "\(path): superpixels.\(field): \(reason)")
    }
    for (name, value, least) in [
      ("count", count, 1), ("sliceStep", sliceStep, 1), ("pictures", pictures, 0),
      ("slicesPerBlock", slicesPerBlock, 1),
    ] where value < least {
      throw fail("\(name) = \(value)", "must be at least \(least)")
    }
    for (name, values) in [("counts", counts), ("fixedCounts", fixedCounts)]
    where values.isEmpty || values.contains(where: { $0 < 1 }) || Set(values).count != values.count {
      throw fail("\(name) = \(values)", "different numbers of at least 1, and at least one of them")
    }
    guard compactness > 0, compactness.isFinite, !compactnesses.isEmpty,
      compactnesses.allSatisfy({ $0 > 0 && $0.isFinite }), Set(compactnesses).count == compactnesses.count
    else { throw fail("compactness", "positive, and different in the list") }
    for choice in adaptive
    where choice.finestCount < 1 || !(choice.tolerance >= 0 && choice.tolerance.isFinite) {
      throw fail(
        "adaptive", "a finest count of at least 1 and a tolerance that is not negative, not \(choice)")
    }
  }
}

/// An adaptive count of superpixels, as a value in settings.
public struct AdaptiveChoice: Codable, Hashable, Sendable, CustomStringConvertible {
  /// Superpixels before merging.
  public var finestCount: Int
  /// The cost at which merging stops, in units of the variance inside the finest superpixels.
  public var tolerance: Double

  public init(finestCount: Int, tolerance: Double) {
    (self.finestCount, self.tolerance) = (finestCount, tolerance)
  }

  public var description: String { "adaptive, finest \(finestCount), tolerance \(tolerance)" }

  var segmentCount: SegmentCount {
    .adaptive(AdaptiveCount(finestCount: finestCount, tolerance: tolerance))
  }
}
