import Contrastive
import Foundation
import Tensor
import Testing

@Suite struct VolumePartSamplerTests {
  private func sampler(
    _ images: [PretrainingImage], parts: Int = 4, volumesPerBatch: Int = 2
  ) throws -> VolumePartSampler {
    try VolumePartSampler(ArrayDataset(images), parts: parts, volumesPerBatch: volumesPerBatch, seed: 3)
  }

  @Test func partsAreEqualSharesOfAVolume() {
    // Eight slices in four parts: two each. Ten: the parts end at 2.5, 5, 7.5 and 10.
    func parts(_ slices: Int, _ count: Int) -> [Int] {
      (1...slices).map { VolumeParts(count).part(at: Double($0) / Double(slices)) }
    }
    #expect(parts(8, 4) == [0, 0, 1, 1, 2, 2, 3, 3])
    #expect(parts(10, 4) == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3])
    #expect(parts(3, 3) == [0, 1, 2] && parts(1, 4) == [3])
    for slices in 4..<60 {
      #expect(Set(parts(slices, 4)) == [0, 1, 2, 3], "\(slices) slices leave no part empty")
    }
    for count in 2..<12 {
      #expect(parts(count, count) == Array(0..<count), "a third is a third in binary, too")
    }
  }

  @Test func everyGroupIsOneSliceOfEachPartOfOneVolume() throws {
    let images = placedSlices(volumes: 5, slices: 9)
    let sampler = try sampler(images)
    #expect(sampler.count == 16, "four of five volumes stand together in twos")
    var seen: Set<Int> = []
    for epoch in 0..<40 {
      let order = sampler.indices(epoch: epoch)
      #expect(order.count == 16 && order == sampler.indices(epoch: epoch))
      var volumes: [Int] = []
      for group in stride(from: 0, to: 16, by: 4) {
        let slices = order[group..<group + 4].map { images[$0] }
        #expect(Set(slices.map(\.volume)).count == 1)
        #expect(slices.map { VolumeParts(4).part(at: $0.position ?? 0) } == [0, 1, 2, 3])
        volumes.append(slices[0].volume ?? -1)
      }
      #expect(Set(volumes).count == 4, "no volume twice in an epoch")
      seen.formUnion(order)
    }
    #expect(seen.count == 45, "every slice is drawn some time")
    #expect(sampler.indices(epoch: 0) != sampler.indices(epoch: 1))
  }

  @Test func itSurvivesJSON() throws {
    let sampler = try sampler(placedSlices(volumes: 3, slices: 5))
    let copy = try JSONDecoder().decode(VolumePartSampler.self, from: JSONEncoder().encode(sampler))
    #expect(copy == sampler && copy.indices(epoch: 2) == sampler.indices(epoch: 2))
  }

  @Test func imagesInAnyOrderAreSortedByPosition() throws {
    var images = placedSlices(volumes: 2, slices: 6)
    images.reverse()
    let slices = try VolumeSlices(ArrayDataset(images), for: "test")
    #expect(slices.volumes.map(\.number) == [0, 1])
    #expect(slices.volumes[0].slices.map(\.index) == [11, 10, 9, 8, 7, 6])
  }

  @Test func whatDoesNotFitIsNamed() throws {
    func error(_ change: (inout [PretrainingImage]) -> Void, volumes: Int = 2) -> String? {
      var images = placedSlices(volumes: 2, slices: 5)
      change(&images)
      return pretrainingError { _ = try sampler(images, volumesPerBatch: volumes) }?.description
    }
    #expect(error({ $0[3].volume = nil })?.hasPrefix("VolumePartSampler: images[3].volume = nil") == true)
    #expect(error({ $0[4].position = nil })?.hasPrefix("VolumePartSampler: images[4].position = nil") == true)
    #expect(error({ $0[4].position = 0 })?.hasPrefix("VolumePartSampler: images[4].position = 0.0") == true)
    #expect(
      error({ $0.removeSubrange(6..<8) })?.contains(
        "parts = 4: volume 1 has no slice in part 2 (it has 3)") == true)
    #expect(error({ _ in }, volumes: 3)?.contains("images = 2 volumes") == true)
    #expect(error({ _ in }, volumes: 0)?.contains("volumesPerBatch = 0") == true)
    #expect(error({ _ in }) == nil)
  }
}
