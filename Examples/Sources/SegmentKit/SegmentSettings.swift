import ExampleSupport
public import Foundation
public import NN
import RunKit

/// Every number of a training that the command line need not set. Each field can be replaced by a JSON file.
public struct SegmentSettings: Sendable, Equatable, Codable {
  /// 2: planes one by one; 3: volumes.
  public var dimensions = 2
  /// Channels of the network's first level; each further one has twice as many.
  public var width = 32
  /// Levels of the network, the deepest included; each but the first halves every side.
  public var levels = 5
  /// The sides of what a step sees, `[height, width]` or `[depth, height, width]`; the windows of predictions, too.
  public var patch = [256, 256]

  /// Updates of the weights.
  public var steps = 500
  /// Patches a step: the paper's five.
  public var batchSize = 5
  /// The seed of weights, of the choice of patients, and of all patches.
  public var seed: UInt64 = 1234
  /// The rate of Adam at the first step, then half a cosine to 0 that is cut off at a hundredth of it: the paper's 5e-4.
  public var learningRate = 5e-4
  /// The paper's L2 decay.
  public var weightDecay = 1e-5
  /// The weight of cross-entropy in the loss.
  public var crossEntropyWeight = 1.0
  /// The weight of Dice in the loss.
  public var diceWeight = 1.0
  /// The share of patches that have a voxel of a class, each class as often as another, at their middle, as far as the
  /// border lets them: a third, nnU-Net's. The others lie anywhere.
  public var foregroundShare = 0.33
  /// How patches are changed before the network sees them.
  public var augmentation = Augmentation.varied

  /// The share of the patients that score the training; at least one of two or more. Of a single patient none.
  public var validationShare = 0.2
  /// Planes of a slab; with a number, the scans are cut to slabs of so many neighbouring planes, which train and validate as
  /// patients do: for a single scan, or two. Null for whole scans.
  public var slabLength: Int?
  /// Planes between two slabs that belong to neither, at least.
  public var droppedPlanes = 2
  /// Steps between scores.
  public var validationInterval = 100
  /// Scores without improvement before the training ends early; null for any number.
  public var patience: Int?

  /// The sides that columns, rows and planes run toward, such as RAS: planes are axial.
  public var orientation = "RAS"
  /// Millimetres of a voxel, `[row, column]` or `[plane, row, column]`; null for the median of the scans that train.
  public var spacing: [Double]?
  /// What intensities become; see ``IntensityRule``.
  public var intensity = "percentiles"
  /// What NaN and infinities in images count as; null refuses such files.
  public var notFinite: Double?

  /// The share of a window that the next one covers in predictions.
  public var overlap = 0.5
  /// Axes along which predictions are also made on the mirror image, and averaged.
  public var mirrors: [SpatialAxis] = []

  /// How patches are changed.
  public enum Augmentation: String, Sendable, Codable, CaseIterable {
    case none
    /// Each axis mirrored with a probability of one half: where no class is the left one of two.
    case mirrored
    /// Turned by up to 20 degrees within planes and of volumes by up to 10 about the other two axes, .7 to 1.3 times as large,
    /// shifted by up to a tenth; never mirrored.
    case turned
    /// The same, and bent smoothly by some millimetres, as bodies differ.
    case bent
    /// The paper's T_var: mirrored, turned by any angle within planes and of volumes tilted by up to 30 degrees, bent, .77 to
    /// 1.43 times as large.
    case varied
  }

  /// The settings for two or three dimensions: in three, four levels, patches of 64 x 64 x 64, two a step, turned patches.
  public init(dimensions: Int = 2) {
    self.dimensions = dimensions
    guard dimensions == 3 else { return }
    (levels, patch, batchSize, augmentation) = (4, [64, 64, 64], 2, .turned)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case dimensions, width, levels, patch, steps, batchSize, seed, learningRate, weightDecay,
      crossEntropyWeight
    case diceWeight, foregroundShare, augmentation, validationShare, slabLength, droppedPlanes
    case validationInterval, patience, orientation
    case spacing, intensity, notFinite, overlap, mirrors
  }

  /// Channels of the levels.
  var widths: [Int] { (0..<levels).map { width << $0 } }
  /// What the sides of a patch are multiples of.
  var sizeMultiple: Int { 1 << (levels - 1) }
}

extension SegmentSettings {
  /// All fields, those without a value as null, in the form that ``replacing(from:path:)`` reads.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(SettingsWithNulls(self)), as: UTF8.self) + "\n"
  }

  /// The dimensions that a JSON file names; `nil` where it names none that there are.
  public static func dimensions(in json: Data) -> Int? {
    let fields = (try? JSONSerialization.jsonObject(with: json)) as? [String: Any]
    return (fields?["dimensions"] as? Int).flatMap { (2...3).contains($0) ? $0 : nil }
  }

  /// These settings with the fields that a JSON file names replaced.
  ///
  /// - Throws: ``ExampleFailure``: no JSON object, a field twice, of no such name, or of another type (65).
  public func replacing(from json: Data, path: String) throws -> SegmentSettings {
    // Here all names are known, those of fields without a value, too.
    let names = CodingKeys.allCases.map(\.rawValue)
    let unknown = (try? JSONDecoder().decode([String: JSONTree].self, from: json))?.keys.filter {
      !names.contains($0)
    }
    if let unknown = unknown?.min() {
      throw ExampleFailure(
        .data, "\(path): \(unknown): there is no such field; there are \(names.joined(separator: ", "))")
    }
    return try StrictSettings.replacing(self, with: json, from: path)
  }
}

/// Settings in which a field without a value is null.
private struct SettingsWithNulls: Encodable {
  let settings: SegmentSettings
  init(_ settings: SegmentSettings) { self.settings = settings }

  func encode(to encoder: any Encoder) throws {
    try settings.encode(to: encoder)
    var container = encoder.container(keyedBy: SegmentSettings.CodingKeys.self)
    if settings.slabLength == nil { try container.encodeNil(forKey: .slabLength) }
    if settings.patience == nil { try container.encodeNil(forKey: .patience) }
    if settings.spacing == nil { try container.encodeNil(forKey: .spacing) }
    if settings.notFinite == nil { try container.encodeNil(forKey: .notFinite) }
  }
}
