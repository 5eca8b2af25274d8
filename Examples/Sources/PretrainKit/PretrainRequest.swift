public import ExampleSupport
public import Foundation
import MedIO
public import RunKit

/// What a run is asked to do, as on its command line.
public struct PretrainRequest: Sendable {
  /// The method's name.
  public var method: String
  public var preset = MethodPreset.small
  /// Parts of the method's settings to replace: a file's path, and what is in it.
  public var settings: (path: String, json: Data)?
  public var steps: Int?
  public var batchSize: Int?
  public var seed: UInt64?
  /// Files and folders.
  public var images: [String]
  public var output: URL
  /// 2: slices are trained on; 3: volumes.
  public var dimensions = 2
  public var plane = SlicePlane.axial
  public var intensity = IntensityRule.percentiles
  /// Millimetres of a pixel, to which slices are resampled, or of a voxel along every axis; `nil` keeps each volume's own.
  public var spacing: Double?
  public var frames = FrameChoice.refused
  public var nonFinite = NonFiniteChoice.background
  /// Channels of the encoder's first level; each further one has twice as many.
  public var width = 32
  /// Levels of the encoder, the deepest included.
  public var levels = 5
  /// The encoder to start from: a file that an earlier run wrote, its encoder's or its learner's.
  public var startingFrom: String?
  /// Whether all that was learned is written, heads, decoders and momentum copies included.
  public var writesLearner = false
  /// Steps between checkpoints.
  public var checkpointInterval = 100
  /// Threads that read and make views ahead; 0: all cores between two steps.
  public var workers = 0
  /// How pictures of slices lie.
  public var view = AnatomicalView.radiological

  public init(method: String, images: [String], output: URL) {
    (self.method, self.images, self.output) = (method, images, output)
  }

  /// What is trained on, in words.
  var noun: String { dimensions == 2 ? "slices" : "volumes" }
}

/// How a volume is cut to slices.
public enum SlicePlane: String, CaseIterable, Sendable {
  case axial
  case coronal
  case sagittal
  /// As the file's planes lie.
  case stored

  /// The orientation in which a volume's planes are these; `nil` for the file's own.
  var orientation: AnatomicalOrientation? {
    switch self {
    case .axial: .ras
    case .coronal: AnatomicalOrientation("RSA")
    case .sagittal: AnatomicalOrientation("ASR")
    case .stored: nil
    }
  }
}

/// What becomes of a file that holds several volumes.
public enum FrameChoice: String, CaseIterable, Sendable {
  case refused
  /// The first is taken.
  case first
  /// Each is a volume of its own.
  case each
}

/// What becomes of voxels that are NaN or infinite.
public enum NonFiniteChoice: String, CaseIterable, Sendable {
  /// NaN becomes the darkest value, an infinity the nearer end of the window. A note gives their number.
  case background
  /// The volume is refused with their number.
  case refused
}
