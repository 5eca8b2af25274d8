import ExampleSupport
import Foundation
public import MedIO

/// A data set of the paper by the name on the command line: one that is pre-trained on, or one that is segmented.
public enum PaperSet: String, CaseIterable, Sendable {
  case chd = "CHD"
  case brats = "BraTS"
  case kits = "KiTS"
  case acdc = "ACDC"
  case mmwhs = "MMWHS"
  case hvsmr = "HVSMR"
  case chaos = "CHAOS"
  case spleen = "Spleen"
  case heart = "Heart"

  /// The set of a name in whatever case.
  public init?(name: String) {
    guard let set = Self.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
      return nil
    }
    self = set
  }

  /// Its layout, labels, preprocessing and splits.
  public var dataset: PaperDataset {
    switch self {
    case .chd: .chd
    case .brats: .brats2018
    case .kits: .kits2019
    case .acdc: .acdc
    case .mmwhs: .mmwhs
    case .hvsmr: .hvsmr
    case .chaos: .chaos
    case .spleen: .msdSpleen
    case .heart: .msdHeart
    }
  }

  /// The set whose encoder it starts from; `nil` for those that are pre-trained on.
  var pretrainedOn: PaperSet? {
    switch self {
    case .chd, .brats, .kits: nil
    case .acdc, .mmwhs: .chd
    case .hvsmr, .chaos, .heart: .brats
    case .spleen: .kits
    }
  }

  /// Channels of its images.
  var channels: Int { self == .brats ? 4 : 1 }

  /// Images of a step on each of two processors in the released scripts.
  var batchSize: Int {
    switch self {
    case .chd, .kits: 16
    case .brats: 32
    case .acdc, .mmwhs, .hvsmr: 5
    case .chaos, .spleen, .heart: 4
    }
  }
}

/// DSC in per cent that the paper prints, with 10 % and with 25 % of the patients labelled.
enum PaperNumbers {
  /// Rows of the paper's comparison on these four sets, and what it says of the spleen in its text. A number that was not
  /// read is not here.
  static func dice(_ set: PaperSet) -> [(method: String, ten: Double, quarter: Double)] {
    switch set {
    case .acdc:
      [
        ("Scratch", 79.99, 88.99), ("SimCLR", 78.60, 88.55), ("MoCo", 81.34, 88.38), ("BYOL", 77.55, 89.27),
        ("SwAV", 82.11, 88.99), ("SimSiam", 71.96, 88.24), ("SimTriplet", 71.07, 87.99),
        ("GCL", 84.86, 88.55),
        ("PCL", 84.91, 88.97), ("WCL", 75.46, 87.25), ("DeSD", 76.02, 87.14), ("DiRA", 83.14, 88.92),
        ("SuperCL", 86.06, 89.68),
      ]
    case .mmwhs:
      [
        ("Scratch", 63.04, 85.14), ("SimCLR", 61.70, 86.14), ("MoCo", 57.54, 82.89), ("BYOL", 63.75, 87.63),
        ("SwAV", 64.27, 87.71), ("SimSiam", 61.37, 82.71), ("SimTriplet", 62.52, 82.43),
        ("GCL", 71.41, 88.01),
        ("PCL", 65.98, 86.65), ("WCL", 60.82, 84.42), ("DeSD", 57.03, 84.46), ("DiRA", 57.73, 86.68),
        ("SuperCL", 74.56, 90.26),
      ]
    case .hvsmr:
      [
        ("Scratch", 72.81, 81.26), ("SimCLR", 75.78, 80.53), ("MoCo", 76.20, 81.26), ("BYOL", 73.57, 81.33),
        ("SwAV", 76.28, 81.30), ("SimSiam", 75.10, 79.70), ("SimTriplet", 72.66, 80.51),
        ("GCL", 75.70, 82.41),
        ("PCL", 76.12, 83.13), ("WCL", 75.05, 81.65), ("DeSD", 74.57, 81.44), ("DiRA", 74.87, 81.56),
        ("SuperCL", 78.35, 83.48),
      ]
    case .chaos:
      [
        ("Scratch", 51.76, 66.71), ("SimCLR", 53.22, 66.15), ("MoCo", 53.14, 65.33), ("BYOL", 50.45, 62.49),
        ("SwAV", 49.87, 68.12), ("SimSiam", 41.21, 51.82), ("SimTriplet", 32.88, 63.55),
        ("GCL", 58.78, 76.88),
        ("PCL", 63.61, 78.98), ("WCL", 56.87, 63.87), ("DeSD", 61.93, 67.96), ("DiRA", 44.30, 64.00),
        ("SuperCL", 69.05, 80.02),
      ]
    case .spleen: [("SuperCL", 81.29, 88.49)]
    case .heart, .chd, .brats, .kits: []
    }
  }
}

/// What `paper` runs.
public struct PaperSettings: Codable, Hashable, Sendable {
  /// Channels of the network's first level: 32.
  public var width = 32
  /// Passes over the images, of pre-training and of fine-tuning: 100.
  public var epochs = 100
  /// The most steps of either, for a first look; unless given, what the epochs come to.
  public var maximumSteps: Int?
  /// The side of patches; each set's own unless given.
  public var patchSize: Int?
  /// Seeds: the scripts' one.
  public var seeds: [UInt64] = [1234]

  public init() {}

  static var quick: PaperSettings {
    var settings = PaperSettings()
    (settings.width, settings.maximumSteps, settings.patchSize) = (2, 2, 32)
    return settings
  }

  func validate(_ path: String) throws(ExampleFailure) {
    for (name, value) in [("width", width), ("epochs", epochs), ("maximumSteps", maximumSteps ?? 1)]
    where value < 1 {
      throw ExampleFailure(.data, "\(path): paper.\(name) = \(value): must be at least 1")
    }
    if let patchSize, patchSize < 16 || patchSize % 16 != 0 {
      throw ExampleFailure(.data, "\(path): paper.patchSize = \(patchSize): must be a multiple of 16")
    }
    guard !seeds.isEmpty, Set(seeds).count == seeds.count, seeds.allSatisfy({ $0 <= 1 << 53 }) else {
      throw ExampleFailure(.data, "\(path): paper.seeds = \(seeds): different seeds up to 2^53, at least one")
    }
  }
}
