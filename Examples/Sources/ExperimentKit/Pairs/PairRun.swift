import Autograd
import Contrastive
import ExampleSupport
import Foundation
import NN
import QuickstartKit
package import RunKit
import Superpixel
import Tensor

/// The kinds of pixel pairs whose similarity check 2 compares.
enum PairKind: String, Codable, CaseIterable {
  /// Two pixels of one superpixel.
  case intraCluster
  /// Pixels at one place of an image and of the image whose superpixel features are nearest: what IGCP pairs.
  case interImage
  /// Any two pixels of any two images.
  case random
}

/// Similarities of pixel pairs under one encoder.
package struct PairRun: ExperimentRun {
  package static let kind = "pairs"

  package let pretraining: PretrainingRun
  /// SuperCL's numbers: superpixels, and the level that ILCP reads.
  package let settings: JSONTree
  package let pairsPerPatient: Int
  package let seed: UInt64

  package struct Result: Codable, Sendable {
    /// Of each patient of the validation side, by kind.
    package let patients: [[String: PairSimilarities]]
  }
}

/// Cosines of some pairs.
package struct PairSimilarities: Codable, Hashable, Sendable {
  /// Bins of the histogram, over -1...1.
  package static let binCount = 40
  package let mean: Double
  package let histogram: [Int]

  package init(_ cosines: [Double]) {
    mean = cosines.mean
    var bins = [Int](repeating: 0, count: Self.binCount)
    for cosine in cosines {
      bins[min(Self.binCount - 1, max(0, Int((cosine + 1) / 2 * Double(Self.binCount))))] += 1
    }
    histogram = bins
  }
}

/// Measures pairs on the validation side: pixels of ILCP's level, in batches of a patient's slices with their own batch
/// statistics, as the losses see them.
struct PairMeasurement {
  let data: ExperimentData
  /// Fitted to the encoder.
  let method: SuperCL

  /// One slice: unit rows of its pixels, and their superpixels.
  private struct Slice {
    let rows: [[Float]]
    let labels: [Int32]
  }

  func result(of run: PairRun, encoder: any FeatureEncoder<Float>) throws -> PairRun.Result {
    var generator = RandomKey(seed: run.seed).stream(for: "pairs of pixels").generator
    let patients = data.patients(of: .validation)
    var (slices, vectors): ([[Slice]], [Tensor<Float>]) = ([], [])
    for patient in patients {
      let (own, asp) = try read(patient, encoder)
      slices.append(own)
      vectors.append(asp)
    }
    let all = slices.flatMap(\.self)
    let nearest = NearestNeighborGraph(Tensor(concatenating: vectors, along: 0)).neighbors
    var first = 0
    let measured = slices.map { own in
      let range = first..<first + own.count
      first += own.count
      return Dictionary(
        uniqueKeysWithValues: PairKind.allCases.map { kind in
          let cosines = (0..<run.pairsPerPatient).compactMap { _ in
            Self.cosine(kind, range, all, nearest, using: &generator)
          }
          return (kind.rawValue, PairSimilarities(cosines))
        })
    }
    return PairRun.Result(patients: measured)
  }

  /// The cosine of one drawn pair; `nil` where the pixel has no partner of this kind.
  private static func cosine(
    _ kind: PairKind, _ own: Range<Int>, _ slices: [Slice], _ nearest: [Int?],
    using generator: inout PhiloxGenerator
  ) -> Double? {
    let place = own.lowerBound + generator.integer(below: own.count)
    let slice = slices[place]
    let pixel = generator.integer(below: slice.rows.count)
    let partner: [Float]
    switch kind {
    case .intraCluster:
      let others = slice.labels.indices.filter { $0 != pixel && slice.labels[$0] == slice.labels[pixel] }
      guard !others.isEmpty else { return nil }
      partner = slice.rows[others[generator.integer(below: others.count)]]
    case .interImage:
      guard let other = nearest[place] else { return nil }
      partner = slices[other].rows[pixel]
    case .random:
      let other = slices[generator.integer(below: slices.count)]
      partner = other.rows[generator.integer(below: other.rows.count)]
    }
    return zip(slice.rows[pixel], partner).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// The slices of a patient, and their vectors of average superpixel features.
  private func read(
    _ patient: Patient, _ encoder: any FeatureEncoder<Float>
  ) throws -> (slices: [Slice], vectors: Tensor<Float>) {
    let levels = encoder.encoderDescription.levels.count
    let features = encoder.withMode(.training) {
      withoutGradient { encoder(Variable(Tensor(stacking: patient.images))).map(\.value) }
    }
    let maps = features[method.intraPlace(of: levels)]
    let deepest = features[levels - 1]
    var (labels, deepLabels): ([LabelMap], [Tensor<Int32>]) = ([], [])
    for image in patient.images {
      do {
        let superpixels = try method.slic.segment(image).labels
        labels.append(try superpixels.downsampled(to: [maps.shape[1], maps.shape[2]]))
        deepLabels.append(try superpixels.downsampled(to: [deepest.shape[1], deepest.shape[2]]).labels)
      } catch {
        throw ExampleFailure(.data, "\(patient.identifier): \(error)")
      }
    }
    let vectors = try method.superpixelFeatures(deepest, superpixels: Tensor(stacking: deepLabels))
    let slices = labels.enumerated().map { index, map in
      let channels = maps.shape[3]
      let values = maps[index].scalars
      let rows = (0..<values.count / channels).map { pixel -> [Float] in
        let row = Array(values[pixel * channels..<(pixel + 1) * channels])
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? row.map { $0 / length } : row
      }
      return Slice(rows: rows, labels: map.labels.scalars)
    }
    return (slices, vectors)
  }
}

extension SuperCL {
  /// The place of ILCP's level in the encoder's output, once the method is fitted.
  func intraPlace(of count: Int) -> Int {
    switch intraLevel {
    case .bottleneck, .automatic: count - 1
    case .stage(let index), .decoder(let index): index
    }
  }
}
