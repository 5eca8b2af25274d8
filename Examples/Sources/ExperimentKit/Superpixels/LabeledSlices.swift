import ExampleSupport
import Foundation
import MedIO
import QuickstartKit
import RunKit
import Tensor

/// Real axial slices with their classes, at the resolution of their files: what superpixels are measured on. No cohort, no
/// sides: nothing is trained here.
struct LabeledSlices {
  let name: String
  /// `[height, width]`, 0...1, each with at least one labelled pixel.
  let images: [Tensor<Float>]
  let labels: [LabelMap]
  /// Names, lengths and hashes of the files.
  let files: [String]
  /// What was noticed of the files.
  let notes: [String]
  var count: Int { images.count }

  /// - Parameter step: Every so many labelled slices are taken.
  /// - Throws: ``ExampleFailure``: files that are missing (66) or broken (65), or no labelled slice.
  init(_ settings: DataSettings, folders: DataFolders, every step: Int) throws {
    name = settings.name
    let pairs = try Self.pairs(settings, folders)
    let mapping: LabelMapping =
      if let classes = settings.classes {
        LabelMapping(merging: classes.map(\.labels), unlisted: .background)
      } else {
        LabelMapping([:], unlisted: .kept)
      }
    let intensity: IntensityTransform =
      if let window = settings.window {
        .window(Float(window.lowerBound)...Float(window.upperBound))
      } else {
        .percentileWindow(0.5...99.5)
      }
    var images: [Tensor<Float>] = []
    var maps: [LabelMap] = []
    var notes: [String] = []
    for pair in pairs {
      let scan = VolumeCase(
        identifier: pair.image.lastPathComponent, key: 0, images: [pair.image], labels: pair.labels)
      let volumes = VolumeDataset(
        [scan], labelMapping: mapping,
        preprocessing: Preprocessing([.grid(.orientation(.ras)), .intensity(intensity)]))
      let prepared: Preprocessing.Prepared
      do { prepared = try volumes.prepared(at: 0) } catch { throw ExampleFailure(error) }
      guard prepared.image.rank == 3, let known = prepared.labels else {
        throw ExampleFailure(.data, "\(pair.image.path): a volume of three axes is wanted")
      }
      notes += prepared.warnings.map { "\($0.path): \($0.warning)" }
      for plane in 0..<known.depth {
        let map = LabelMap(known.voxels[plane])
        guard map.distinctLabels.contains(where: { $0 != 0 }) else { continue }
        images.append(prepared.image.voxels[plane])
        maps.append(map)
      }
    }
    let places = stride(from: 0, to: images.count, by: step)
    guard !images.isEmpty else { throw ExampleFailure(.data, "data '\(name)': no slice carries a label") }
    (self.images, labels, self.notes) = (places.map { images[$0] }, places.map { maps[$0] }, notes)
    files = pairs.flatMap { [$0.image, $0.labels] }.map {
      "\($0.lastPathComponent): \(RunFingerprint.content($0))"
    }
  }

  /// One pair of files, or those of two folders by name.
  private static func pairs(
    _ settings: DataSettings, _ folders: DataFolders
  ) throws(ExampleFailure) -> [(image: URL, labels: URL)] {
    let (images, labels) = (try folders.url(settings.images), try folders.url(settings.labels))
    guard settings.patients == .files else { return [(images, labels)] }
    return ((try? FileManager.default.contentsOfDirectory(atPath: images.path)) ?? []).sorted().filter {
      $0.hasSuffix(".nii") || $0.hasSuffix(".nii.gz")
    }.map { (images.appending(path: $0), labels.appending(path: $0)) }
  }
}
