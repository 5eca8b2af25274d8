import Contrastive
import Tensor
import Testing

/// Which slices are neighbours when a dataset is not one volume in order; SimTripletTests has the rest.
@Suite struct NeighboringSlicesTests {
  /// One pixel a slice: its own number.
  private func slice(_ number: Int, at position: Double, of volume: Int = 0) -> PretrainingImage {
    PretrainingImage(Tensor(repeating: Float(number), shape: [1, 1, 1]), position: position, volume: volume)
  }

  private func neighbors(_ images: [PretrainingImage]) throws -> [[Float]] {
    let slices = try NeighboringSlices(images)
    return try images.indices.map { try slices.element(at: $0).neighbors.map { $0[0, 0, 0] } }
  }

  /// Where slices are missing, the next ones that there are stand side by side.
  @Test func gapsAreClosed() throws {
    let images = [0.1, 0.2, 0.7, 1].enumerated().map { slice($0.offset, at: $0.element) }
    #expect(try neighbors(images) == [[0, 1], [0, 2], [1, 3], [2, 3]])
  }

  /// Positions count, not the order of the images, and slices of another volume in between do not.
  @Test func positionsDecide() throws {
    let images = [
      slice(0, at: 1), slice(1, at: 0.5, of: 7), slice(2, at: 0.25), slice(3, at: 0.6),
      slice(4, at: 1, of: 7),
    ]
    #expect(try neighbors(images) == [[3, 0], [1, 4], [2, 3], [2, 0], [1, 4]])
  }

  /// Slices at one position keep the order of the images.
  @Test func equalPositionsKeepTheirOrder() throws {
    let images = [slice(0, at: 0.5), slice(1, at: 0.5), slice(2, at: 0.5)]
    #expect(try neighbors(images) == [[0, 1], [0, 2], [1, 2]])
  }

  /// A method says itself what it trains on; the others take images as they are.
  @Test func methodsGiveTheirExamples() throws {
    let images = ArrayDataset((0..<4).map { slice($0, at: Double($0 + 1) / 4) })
    #expect(try SimTriplet.small.examples(of: images).element(at: 1).neighbors.count == 2)
    #expect(try MoCo.small.examples(of: images).element(at: 1).neighbors.isEmpty)
    let bare = ArrayDataset([PretrainingImage(Tensor(zeros: [1, 1, 1]))])
    let error = pretrainingError { _ = try SimTriplet.small.examples(of: bare) }
    #expect(error?.description.hasPrefix("SimTriplet: images[0].position = nil") == true)
  }
}
