import Foundation
import Superpixel
import Tensor
import Testing

/// One run of scikit-image's `slic`: input, options and labels. See Fixtures/PROVENANCE.md.
struct SkimageFixture: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let spatial: [Int]
  let channels: Int
  let scalar: String
  let values: [Double]
  let segments: Int
  let compactness: Double
  let iterations: Int
  let spacing: [Double]
  let sigma: Double
  let slico: Bool
  let connectivity: Bool
  let start: Int32
  let minimum: Double
  let maximum: Double
  /// Value and length of each run.
  let labels: [[Int]]
  /// Value and length of each run; without it all pixels are segmented.
  let mask: [[Int]]?

  var testDescription: String { name }

  static let all = read("skimage-slic") + read("skimage-windows")

  private static func read(_ name: String) -> [SkimageFixture] {
    guard
      let url = Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"),
      let data = try? Data(contentsOf: url),
      let cases = try? JSONDecoder().decode([SkimageFixture].self, from: data)
    else { return [] }
    return cases
  }

  var slic: SLIC {
    var slic = SLIC(segmentCount: segments, compactness: compactness, maximumIterations: iterations)
    slic.mode = .skimageCompatible
    slic.spacing = spacing
    slic.sigma = sigma
    slic.variant = slico ? .slico : .slic
    slic.connectivity = connectivity ? .enforced : .unenforced
    slic.minimumSizeFactor = minimum
    slic.maximumSizeFactor = maximum
    return slic
  }

  /// The reference's labels, renumbered from 0 without gaps; -1 outside a mask.
  var expected: [Int32] {
    let all = labels.flatMap { Array(repeating: Int32($0[0]), count: $0[1]) }
    let inside = mask == nil ? Set(all) : Set(all).subtracting([0])
    let distinct = Dictionary(uniqueKeysWithValues: inside.sorted().enumerated().map { ($1, Int32($0)) })
    return all.map { distinct[$0] ?? -1 }
  }

  func segment(_ slic: SLIC) throws -> Superpixels {
    switch scalar {
    case "uint8": try segment(slic, as: UInt8.self)
    case "int8": try segment(slic, as: Int8.self)
    case "uint16": try segment(slic, as: UInt16.self)
    case "int16": try segment(slic, as: Int16.self)
    case "float32": try segment(slic, as: Float.self)
    default: try segment(slic, as: Double.self)
    }
  }

  private func segment<Scalar: PixelScalar>(_ slic: SLIC, as type: Scalar.Type) throws -> Superpixels {
    let tensor = Tensor(values.map { Scalar(converting: $0) }, shape: TensorShape(spatial + [channels]))
    let inside = mask.map { runs in
      BinaryMask(
        Tensor(
          runs.flatMap { Array(repeating: $0[0] != 0, count: $0[1]) }, shape: TensorShape(spatial)))
    }
    return spatial.count == 3
      ? try slic.segment(volume: tensor, mask: inside) : try slic.segment(tensor, mask: inside)
  }
}
