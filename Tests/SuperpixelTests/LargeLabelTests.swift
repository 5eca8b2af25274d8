import Foundation
import Superpixel
import Tensor
import Testing

/// Labels as they stand in atlases: names, not positions in a table.
@Suite struct LargeLabelTests {
  private let map = LabelMap(Tensor<Int32>(rows: [[0, 614_454_277], [614_454_277, 0]]))
  private let largest = LabelMap(Tensor<Int32>(rows: [[.max, -1], [.max, 7]]))
  private let image = Tensor<Float>(rows: [[1, 5], [5, 1]])

  @Test func relabeling() {
    #expect(map.relabeled().labels == Tensor(rows: [[0, 1], [1, 0]]))
    #expect(map.relabeled(from: 1).labels == Tensor(rows: [[1, 2], [2, 1]]))
    #expect(largest.relabeled().labels == Tensor(rows: [[0, -1], [0, 1]]))
  }

  @Test func tablesRefuseThem() throws {
    let error = #expect(throws: SuperpixelError.self) { try SegmentStatistics(validating: map) }
    #expect(error?.code == .labelTooLarge(label: 614_454_277, map: [2, 2]) && error?.field == "labels")
    #expect(error?.description.contains("614454277") == true)
    #expect(throws: SuperpixelError.self) { try RegionAdjacency(validating: largest, image: image) }
    let statistics = try SegmentStatistics(validating: map.relabeled(), image: image)
    #expect(statistics.areas == [2, 2] && statistics.means == [1, 5])
    #expect(try RegionAdjacency(validating: map.relabeled()).borderLengths == [4, 4])
  }

  @Test func tablesSayWhatToDo() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SegmentStatistics(of: LabelMap(Tensor<Int32>(rows: [[0, 614_454_277]])))
    }
    #expect(
      result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) }?.contains("relabeled()") == true
    )
  }

  /// Two segments of two pixels with eight faces each: 4 pi 2 / 64. They explain all of a chessboard.
  @Test func scores() {
    #expect(SuperpixelQuality.compactness(of: map).superpixels == .pi / 8)
    #expect(SuperpixelQuality.explainedVariation(of: map, image: image).superpixels == 1)
    #expect(SuperpixelQuality.leakage(of: map, against: map).superpixels.leakedMass == 0)
    #expect(SuperpixelQuality.leakage(of: map, against: map).regularGrid.leakedMass == 0.5)
  }

  @Test func merging() {
    #expect(map.merged(on: image, until: .count(1)).labels == Tensor(rows: [[0, 0], [0, 0]]))
    #expect(map.merged(on: image, until: .count(2)).labels == Tensor(rows: [[0, 1], [1, 0]]))
    #expect(largest.merged(on: image, until: .minimumSize(2)).labels == Tensor(rows: [[0, -1], [0, 0]]))
    // The lowest label comes first, whatever comes first in the image.
    #expect(largest.merged(on: image, until: .count(2)).labels == Tensor(rows: [[1, -1], [1, 0]]))
  }
}
