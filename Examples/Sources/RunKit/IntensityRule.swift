public import ExampleSupport
package import MedIO

/// What the intensities of a volume become, by name.
public struct IntensityRule: Sendable, Hashable, CustomStringConvertible {
  /// As on the command line.
  public let description: String
  package let transform: IntensityTransform
  /// Whether all values end in 0...1, of which 0 is the darkest.
  package let isBounded: Bool

  private init(_ name: String, _ transform: IntensityTransform, isBounded: Bool = true) {
    (description, self.transform, self.isBounded) = (name, transform, isBounded)
  }

  /// The percentiles .5 and 99.5 of each volume become 0 and 1.
  public static let percentiles = IntensityRule("percentiles", .percentileWindow(0.5...99.5))
  /// The same over voxels that are not 0, which marks the background of skull-stripped heads.
  public static let mri = IntensityRule("mri", .percentileWindow(0.5...99.5, over: .nonzero))
  /// Mean 0 and standard deviation 1, both over voxels that are not 0.
  public static let zScore = IntensityRule("z-score", .zScore(over: .nonzero), isBounded: false)

  /// Hounsfield units that become 0 and 1; the windows of radiology's workstations.
  private static let windows: [(name: String, range: ClosedRange<Float>)] = [
    ("ct-abdomen", -160...240), ("ct-lung", -1350...150), ("ct-bone", -500...1300), ("ct-brain", 0...80),
  ]

  /// All that have a name.
  public static let named =
    [percentiles, mri, zScore] + windows.map { IntensityRule($0.name, .window($0.range)) }

  /// A rule from the command line: a name, or `LOW...HIGH`.
  ///
  /// - Throws: ``ExampleFailure``: neither (64).
  public init(argument: String) throws(ExampleFailure) {
    if let rule = Self.named.first(where: { $0.description == argument }) {
      self = rule
      return
    }
    let bounds = argument.replacing("...", with: " ").split(separator: " ").map { Float($0) }
    guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low < high, low.isFinite,
      high.isFinite
    else {
      let names = Self.named.map(\.description).joined(separator: ", ")
      throw ExampleFailure(
        .usage, "--intensity = \(argument): LOW...HIGH with LOW below HIGH, or one of \(names)")
    }
    self.init("\(low)...\(high)", .window(low...high))
  }
}
