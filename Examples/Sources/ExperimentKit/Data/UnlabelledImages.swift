package import Contrastive
import ExampleSupport
import Foundation
import MedIO
import QuickstartKit
package import RunKit
import Tensor

/// Images without labels that pre-training sees beside a data set's own training side.
public struct UnlabelledSettings: Codable, Hashable, Sendable {
  /// Which way a volume is cut to slices.
  public enum Plane: String, Codable, Hashable, Sendable {
    case axial, coronal, sagittal
  }

  /// Whether the place of a slice in its volume says what it shows.
  public enum Positions: String, Codable, Hashable, Sendable {
    /// It does, as in the data set itself: for axial slices of the same part of the body.
    case ofVolume
    /// It does not. SuperCL takes such a slice as like no other; methods that compare positions alone refuse it.
    case unknown
  }

  /// The name in rows and notes.
  public var name: String
  /// A NIfTI file, or a folder of them: kept/..., fetched/... or a path.
  public var images: String
  /// Intensities that become 0 and 1; percentiles .5 and 99.5 of each volume unless given.
  public var window: ClosedRange<Double>?
  /// The ways in which every volume is cut, with voxels made cubes first: axial.
  public var planes: [Plane]
  public var positions: Positions

  public init(
    name: String, images: String, window: ClosedRange<Double>? = nil, planes: [Plane] = [.axial],
    positions: Positions = .ofVolume
  ) {
    (self.name, self.images, self.window) = (name, images, window)
    (self.planes, self.positions) = (planes, positions)
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try fields.decode(String.self, forKey: .name),
      images: try fields.decode(String.self, forKey: .images),
      window: try fields.decodeIfPresent(ClosedRange<Double>.self, forKey: .window),
      planes: try fields.decodeIfPresent([Plane].self, forKey: .planes) ?? [.axial],
      positions: try fields.decodeIfPresent(Positions.self, forKey: .positions) ?? .ofVolume)
  }

  /// Another person's chest and a template of heads, beside the CT.
  public static let ct = [
    UnlabelledSettings(
      name: "chest CT", images: "fetched/chest_ct.nii.gz", window: -160...240, positions: .unknown),
    UnlabelledSettings(
      name: "head CT template", images: "fetched/head_ct_template.nii.gz", window: -160...240,
      positions: .unknown),
  ]
  /// A template of heads in the same space, beside the MRI.
  public static let mri = [
    UnlabelledSettings(name: "MNI template", images: "fetched/mni_t1_template.nii.gz")
  ]

  /// The fetched images that go with one of our own data sets, by its name; none with any other.
  public static func fetched(for data: String) -> [UnlabelledSettings] {
    switch data {
    case DataSettings.ct.name: ct
    case DataSettings.mri.name: mri
    default: []
    }
  }

  func validate(_ path: String) throws(ExampleFailure) {
    guard !name.isEmpty else { throw ExampleFailure(.data, "\(path): unlabelled: a name is empty") }
    if let window, !(window.lowerBound < window.upperBound) {
      throw ExampleFailure(.data, "\(path): unlabelled '\(name)': window = \(window): is empty")
    }
    guard !planes.isEmpty, Set(planes).count == planes.count else {
      throw ExampleFailure(.data, "\(path): unlabelled '\(name)': planes: different ones, at least one")
    }
  }
}

/// What decides the content of unlabelled images: a part of every pre-training that sees them.
package struct UnlabelledIdentity: Codable, Hashable, Sendable {
  package let files: [String]
  package let settings: JSONTree
}

/// Unlabelled images in memory.
package struct UnlabelledImages: Sendable {
  package let identity: UnlabelledIdentity
  /// Slices; volumes are numbered from 0.
  package let images: [PretrainingImage]

  /// Reads all volumes; slices longer than `longestSide` are averaged down to it.
  ///
  /// - Throws: ``ExampleFailure``: files that are missing (66) or broken (65); ``Interruption``.
  package init(
    _ settings: UnlabelledSettings, longestSide: Int, folders: DataFolders, progress: RunProgress
  ) throws {
    let files = try InputVolumes([folders.url(settings.images).path], option: "unlabelled.images").files
    var images: [PretrainingImage] = []
    var volumes = 0
    for file in files {
      for plane in settings.planes {
        try progress.checkInterruption()
        let slices = try Self.slices(of: file, plane, settings, longestSide: longestSide)
        images += slices.indices.map { index in
          let position = Double(index + 1) / Double(slices.count)
          // Along another axis a place means something else.
          let isKnown = settings.positions == .ofVolume && plane == .axial
          var image = PretrainingImage(slices[index], position: isKnown ? position : nil, volume: volumes)
          if slices.count > 1 {
            image.neighbors = [max(index - 1, 0), min(index + 1, slices.count - 1)].map { slices[$0] }
          }
          return image
        }
        volumes += 1
      }
    }
    self.images = images
    var placeless = settings
    placeless.images = ""
    identity = UnlabelledIdentity(
      files: files.map { "\($0.lastPathComponent): \(RunFingerprint.content($0))" },
      settings: try JSONTree(of: placeless))
  }

  /// `[height, width, 1]` each, 0...1.
  private static func slices(
    of file: URL, _ plane: UnlabelledSettings.Plane, _ settings: UnlabelledSettings, longestSide: Int
  ) throws -> [Tensor<Float>] {
    let volume: Volume<Float>
    do {
      volume = try NIfTI.read(Float.self, from: file, options: NIfTIReadOptions(nonFinite: .refuse))
    } catch { throw ExampleFailure(error) }
    guard volume.rank == 3 else {
      throw ExampleFailure(.data, "\(file.path): has \(volume.rank) axes, a volume has three")
    }
    let intensity: IntensityTransform =
      if let window = settings.window {
        .window(Float(window.lowerBound)...Float(window.upperBound))
      } else {
        .percentileWindow(0.5...99.5)
      }
    let spacing = volume.grid.spacing.millimeters
    // Cubes as large as the longest side of a voxel.
    let side = spacing.max() ?? 1
    let isCubic = spacing.allSatisfy { abs($0 - side) < 1e-3 * side }
    var steps: [Preprocessing.Step] = [.grid(.orientation(.ras)), .intensity(intensity)]
    if plane != .axial, !isCubic { steps.append(.grid(.spacing(plane: side, row: side, column: side))) }
    var prepared = Preprocessing(steps).applied(to: volume).image
    // Planes as the file counts them are axial: the axes are turned so that those wanted come first.
    let order: [Int] =
      switch plane {
      case .axial: [0, 1, 2]
      case .coronal: [1, 0, 2]
      case .sagittal: [2, 0, 1]
      }
    let sides = order.map { prepared.voxels.shape[$0] }
    let scale = Double(longestSide) / Double(max(sides[1], sides[2]))
    if scale < 1 {
      var lengths = prepared.voxels.shape.dimensions
      for axis in order.dropFirst() { lengths[axis] = max(1, Int((Double(lengths[axis]) * scale).rounded())) }
      prepared = Preprocessing([.grid(.size(lengths), interpolation: .area)]).applied(to: prepared).image
    }
    let turned = prepared.voxels.permuted(order)
    return (0..<turned.shape[0]).map { turned[$0].expanded(at: 2) }
  }
}
