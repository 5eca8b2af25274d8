import ExampleSupport
package import RunKit
import Superpixel
import Tensor

/// One way of cutting the labelled slices of a data set.
package struct SuperpixelRun: ExperimentRun {
  package static let kind = "superpixels"

  package let data: String
  package let files: [String]
  package let settings: JSONTree
  /// Every so many labelled slices.
  package let sliceStep: Int
  /// A fixed count, or none where it is adaptive.
  package let count: Int?
  package let adaptive: AdaptiveChoice?
  package let compactness: Double

  /// Scores, slice by slice.
  package struct Result: Codable, Sendable {
    package var segments: [Int] = []
    package var superpixels = Scores()
    /// Of a regular grid with as many cells.
    package var grid = Scores()

    package init() {}
  }

  /// Scores of all slices, rounded to 1e-6.
  package struct Scores: Codable, Sendable {
    /// The share of superpixels that hold more than one label.
    package var crossing: [Double] = []
    /// The share of pixels outside the most frequent label of their superpixel.
    package var leakedMass: [Double] = []
    /// The under-segmentation error of Neubert and Protzel.
    package var undersegmentation: [Double] = []
    /// Of label boundaries within a pixel of a superpixel boundary.
    package var boundaryRecall: [Double] = []

    fileprivate mutating func add(_ leakage: SuperpixelQuality.Leakage, _ error: Double, _ recall: Double) {
      func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
      crossing.append(rounded(leakage.crossingShare))
      leakedMass.append(rounded(leakage.leakedMass))
      undersegmentation.append(rounded(error))
      boundaryRecall.append(rounded(recall))
    }
  }

  var slic: SLIC {
    SLIC(
      segmentCount: adaptive?.segmentCount ?? .fixed(count ?? 1), compactness: compactness)
  }

  /// Cuts and scores all slices.
  ///
  /// - Throws: ``ExampleFailure`` (65): a slice that cannot be cut.
  func result(on slices: LabeledSlices) throws -> Result {
    var result = Result()
    for index in 0..<slices.count {
      let cut = try slices.superpixels(of: index, by: slic)
      let (map, reference) = (cut.labels, slices.labels[index])
      let leakage = SuperpixelQuality.leakage(of: map, against: reference)
      let error = SuperpixelQuality.undersegmentationError(of: map, against: reference)
      let recall = SuperpixelQuality.boundaryRecall(of: map, against: reference, radius: 1)
      result.segments.append(cut.count)
      result.superpixels.add(leakage.superpixels, error.superpixels.neubertProtzel, recall.superpixels)
      result.grid.add(leakage.regularGrid, error.regularGrid.neubertProtzel, recall.regularGrid)
    }
    return result
  }
}

extension LabeledSlices {
  func superpixels(of index: Int, by slic: SLIC) throws(ExampleFailure) -> Superpixels {
    do { return try slic.segment(images[index]) } catch {
      throw ExampleFailure(.data, "data '\(name)', labelled slice \(index): \(error)")
    }
  }

  /// The run of a way of cutting them.
  func run(
    _ set: DataSettings, step: Int, count: Int? = nil, adaptive: AdaptiveChoice? = nil, compactness: Double
  ) throws -> SuperpixelRun {
    SuperpixelRun(
      data: name, files: files, settings: try set.withoutPaths(), sliceStep: step, count: count,
      adaptive: adaptive, compactness: compactness)
  }
}

extension [Double] {
  var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
