import MedIO
public import NN
import RunKit

/// All that a prediction needs beside the weights, as a model's file carries it.
public struct ModelDescription: Codable, Sendable, Equatable {
  /// The form of this description: 1.
  public var format = 1
  /// 2 or 3.
  public var dimensions: Int
  /// Channels of the U-Net's levels, finest first.
  public var widths: [Int]
  /// Class 0, the background, and those to find.
  public var classes: [ModelClass]
  /// The sides that columns, rows and planes run toward as the network sees them.
  public var orientation: String
  /// Millimetres of a voxel `[plane, row, column]` as the network sees it; null keeps the file's.
  public var spacing: [Double?]
  /// What intensities become.
  public var intensity: String
  /// What NaN and infinities count as; null refuses such files.
  public var notFinite: Double?
  /// The sides of a window.
  public var window: [Int]
  /// The share of a window that the next one covers.
  public var overlap: Double
  /// Axes along which mirror images are averaged.
  public var mirrors: [SpatialAxis]

  package init(
    dimensions: Int, widths: [Int], classes: [ModelClass], orientation: String, spacing: [Double?],
    intensity: String, notFinite: Double? = nil, window: [Int], overlap: Double, mirrors: [SpatialAxis]
  ) {
    (self.dimensions, self.widths, self.classes) = (dimensions, widths, classes)
    (self.orientation, self.spacing, self.intensity) = (orientation, spacing, intensity)
    (self.notFinite, self.window, self.overlap, self.mirrors) = (notFinite, window, overlap, mirrors)
  }

  /// One class.
  public struct ModelClass: Codable, Sendable, Equatable {
    /// The name in tables.
    public var name: String
    /// The value in the files that are written.
    public var label: Int32

    public init(name: String, label: Int32) { (self.name, self.label) = (name, label) }
  }

  /// What the sides of a window are multiples of.
  var sizeMultiple: Int { 1 << (widths.count - 1) }

  /// Windows over an image.
  var windows: SlidingWindowInference {
    SlidingWindowInference(windowSize: window, overlap: overlap, mirrors: Set(mirrors))
  }

  /// From a file's grid and intensities to the network's.
  var preprocessing: Preprocessing {
    var steps: [Preprocessing.Step] = []
    if let rule = try? IntensityRule(argument: intensity) { steps.append(.intensity(rule.transform)) }
    if let orientation = AnatomicalOrientation(orientation) { steps.append(.grid(.orientation(orientation))) }
    if spacing.contains(where: { $0 != nil }) {
      steps.append(.grid(.spacing(plane: spacing[0], row: spacing[1], column: spacing[2])))
    }
    return Preprocessing(steps)
  }

  /// How images are read.
  var readOptions: NIfTIReadOptions {
    NIfTIReadOptions(nonFinite: notFinite.map { .replace(with: $0) } ?? .refuse)
  }

  /// The first field that no model can have, with its value; `nil` when all is well. A file may say anything.
  var fault: String? {
    if format != 1 { return "format = \(format): this program reads format 1" }
    if dimensions != 2 && dimensions != 3 { return "dimensions = \(dimensions): must be 2 or 3" }
    if !(2...8).contains(widths.count) || !widths.allSatisfy({ (1...131_072).contains($0) }) {
      return "widths = \(widths): must be two to eight positive numbers"
    }
    if classes.count < 2 || classes[0].label != 0 || Set(classes.map(\.label)).count != classes.count {
      return "classes = \(classes.map(\.label)): must be 0 and other labels, none of them twice"
    }
    if AnatomicalOrientation(orientation) == nil { return "orientation = \(orientation): no three sides" }
    if spacing.count != 3 || !spacing.allSatisfy({ $0.map { $0 > 0 && $0.isFinite } ?? true }) {
      return "spacing = \(spacing): must be three positive numbers or null"
    }
    if (try? IntensityRule(argument: intensity)) == nil {
      return "intensity = \(intensity): there is no such rule"
    }
    if notFinite?.isFinite == false { return "notFinite = \(notFinite ?? 0): must be a number" }
    if window.count != dimensions || !window.allSatisfy({ $0 > 0 && $0 % sizeMultiple == 0 }) {
      return "window = \(window): must be \(dimensions) multiples of \(sizeMultiple)"
    }
    if !(overlap >= 0 && overlap < 1) { return "overlap = \(overlap): must be in 0..<1" }
    if dimensions == 2 && mirrors.contains(.plane) { return "mirrors = plane: planes are seen one by one" }
    return nil
  }
}
