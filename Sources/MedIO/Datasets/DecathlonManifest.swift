import Foundation
import Tensor

extension CaseFinder {
  /// The scans that `dataset.json` lists for training. Their keys index the list sorted by file name.
  func decathlon() throws(MedIOError) -> [VolumeCase] {
    let url = folder.appendingPathComponent("dataset.json")
    guard let data = try? RegularFile.data(contentsOf: url) else {
      throw MedIOError(.missingFile, path: url.path, context: "no dataset.json")
    }
    let manifest: DecathlonManifest
    do {
      try JSONReader.check(Array(data))
      manifest = try JSONDecoder().decode(DecathlonManifest.self, from: data)
    } catch {
      throw MedIOError(.badLayout, path: url.path, context: "not a Decathlon manifest", underlying: error)
    }
    var cases: [VolumeCase] = []
    for (key, entry) in manifest.training.sorted(by: { $0.image < $1.image }).enumerated() {
      let image = try member(entry.image, of: url)
      cases.append(
        VolumeCase(
          identifier: Self.stem(image), key: key, images: [image], labels: try member(entry.label, of: url)))
    }
    return cases
  }

  /// A file that the manifest names, below the folder.
  private func member(_ path: String, of manifest: URL) throws(MedIOError) -> URL {
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !path.hasPrefix("/") && !parts.contains("..") && !parts.isEmpty else {
      throw MedIOError(.badLayout, path: manifest.path, context: "\(path) leads out of the folder")
    }
    let url = folder.appendingPathComponent(parts.joined(separator: "/"))
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw MedIOError(.missingFile, path: url.path, context: "listed in dataset.json, but missing")
    }
    return url
  }
}

/// The part of a `dataset.json` that is used.
private struct DecathlonManifest: Decodable {
  struct Entry: Decodable {
    let image: String
    let label: String
  }
  let training: [Entry]
}
