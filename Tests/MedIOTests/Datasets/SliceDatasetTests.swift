import Foundation
import MedIO
import Tensor
import Testing

@Suite struct SliceDatasetTests {
  @Test(arguments: [PaperDataset.acdc, .brats2018]) func slicesAreThoseOfThePreparedVolumes(
    _ set: PaperDataset
  ) throws {
    let tree = try DatasetTree(set)
    let volumes = try set.open(tree.scratch.url)
    let slices = try SliceDataset(volumes, cachedIn: tree.scratch["cache"])
    #expect(slices.count == 3 * tree.count)
    // The cache's files have 32 bits for what the affine has in 64.
    for index in 0..<tree.count {
      let (grid, expected) = (slices.grids[index], try volumes.prepared(at: index).image.grid)
      #expect(grid.shape == expected.shape)
      #expect((0..<3).allSatisfy { abs(grid.spacing[$0] - expected.spacing[$0]) < 1e-5 })
    }
    for index in 0..<slices.count {
      let sample = try slices.element(at: index)
      let position = sample.position
      #expect(position.plane == index % 3 && position.volume == index / 3 && position.planeCount == 3)
      #expect(position.identifier == volumes.cases[index / 3].identifier)
      let prepared = try volumes.prepared(at: position.volume)
      #expect(sample.labels == prepared.labels?.voxels[position.plane])
      for frame in 0..<prepared.image.frameCount {
        let expected = prepared.image.frame(frame).voxels[position.plane]
        #expect(sample.image.selected(along: 2, at: frame) == expected)
      }
    }
    let fractions: [Double] = slices.positions.prefix(3).map { $0.fraction }
    let thirds: [Double] = [1.0 / 3, 2.0 / 3, 1]
    #expect(fractions == thirds)
  }

  @Test func theCacheIsUsedAndRenewed() throws {
    let tree = try DatasetTree(.chd)
    var volumes = try PaperDataset.chd.open(tree.scratch.url)
    let cache = tree.scratch["cache"]
    func files() -> Set<String> {
      Set((try? FileManager.default.contentsOfDirectory(atPath: cache.path)) ?? [])
    }
    let first = try SliceDataset(volumes, cachedIn: cache).element(at: 1).image
    let names = files()
    // Image, labels and warnings of two scans.
    #expect(names.count == 6)
    // Served from the cache: the originals may be unreadable now, as long as size and date stay.
    let original = tree.scratch[tree.image]
    let date = try #require(
      try FileManager.default.attributesOfItem(atPath: original.path)[.modificationDate] as? Date)
    let size = try Data(contentsOf: original).count
    try Data(repeating: 0, count: size).write(to: original)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: original.path)
    #expect(try SliceDataset(volumes, cachedIn: cache).element(at: 1).image == first)
    #expect(files() == names)
    // Another date: read again, and found broken.
    try FileManager.default.setAttributes(
      [.modificationDate: date.addingTimeInterval(10)], ofItemAtPath: original.path)
    #expect(try code { _ = try SliceDataset(volumes, cachedIn: cache) } == .truncatedHeader)
    // Another preprocessing: other files.
    volumes = volumes.cases(of: [1003])
    volumes.preprocessing = Preprocessing([.intensity(.minMax())])
    _ = try SliceDataset(volumes, cachedIn: cache)
    #expect(files().count == 9)
  }

  @Test func aBrokenCacheIsMadeAgain() throws {
    let tree = try DatasetTree(.chd)
    let volumes = try PaperDataset.chd.open(tree.scratch.url)
    let cache = tree.scratch["cache"]
    let first = try SliceDataset(volumes, cachedIn: cache)
    let images = try (0..<first.count).map { try first.element(at: $0).image }
    for name in try FileManager.default.contentsOfDirectory(atPath: cache.path) {
      let url = cache.appendingPathComponent(name)
      try Data(contentsOf: url).dropLast(8).write(to: url)
      // Noticed when the data set in use meets it, made again by the next one.
      let again = try SliceDataset(volumes, cachedIn: cache)
      #expect(try (0..<again.count).map { try again.element(at: $0).image } == images)
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: cache.path) {
      try Data([1, 2, 3]).write(to: cache.appendingPathComponent(name))
    }
    #expect(throws: MedIOError.self) { try first.element(at: 0) }
  }

  @Test func aCacheThatCannotBeMadeIsSaid() throws {
    let tree = try DatasetTree(.chd)
    let volumes = try PaperDataset.chd.open(tree.scratch.url)
    let file = try tree.scratch.file("file", [1])
    #expect(
      try code { _ = try SliceDataset(volumes, cachedIn: file.appendingPathComponent("cache")) }
        == .writeFailed)
  }

  @Test func onlyLabeledSlicesWhenAsked() throws {
    let tree = try DatasetTree(.msdSpleen)
    var voxels = Tensor<Int32>(zeros: [3, 4, 5])
    voxels.withUnsafeMutableBufferPointer { $0[20] = 1 }
    try NIfTI.write(
      Volume(voxels: voxels, affine: VoxelAffine(diagonal: 1.5, 1.5, 8)), to: tree.scratch[tree.labels])
    let volumes = try PaperDataset.msdSpleen.open(tree.scratch.url)
    let slices = try SliceDataset(volumes, cachedIn: tree.scratch["cache"], selection: .labeled())
    let planes = slices.positions.filter { $0.volume == 0 }.map { $0.plane }
    #expect(planes == [1])
    let none = try SliceDataset(
      volumes, cachedIn: tree.scratch["cache"], selection: .labeled(pixels: 1000))
    #expect(none.count == 0)
  }

  @Test func theLoaderGivesTheSameSlicesForAnyNumberOfWorkers() throws {
    let tree = try DatasetTree(.acdc)
    let slices = try SliceDataset(
      PaperDataset.acdc.open(tree.scratch.url), cachedIn: tree.scratch["cache"])
    func epoch(_ workers: Int) throws -> [[SlicePosition]] {
      let loader = DataLoader(
        slices, batchSize: 2, sampler: ShuffledSampler(count: slices.count, seed: 3), workerCount: workers,
        collate: { slices, _ in slices.map(\.position) })
      return try loader.batches(inEpoch: 1).map { try $0.get() }
    }
    let expected = try epoch(0)
    #expect(Set(expected.joined()) == Set(slices.positions))
    #expect(try epoch(1) == expected && epoch(3) == expected)
  }

  @Test func volumeSamplerSpreadsItsDraws() {
    let sampler = VolumeSliceSampler(volumes: [Array(0..<100), [100, 101], []], slicesPerVolume: 4, seed: 9)
    #expect(sampler.count == 6)
    for epoch in 0..<20 {
      let drawn = sampler.indices(epoch: epoch)
      #expect(drawn == sampler.indices(epoch: epoch))
      #expect(Set(drawn.filter { $0 < 100 }.map { $0 / 25 }) == [0, 1, 2, 3])
      #expect(Set(drawn.filter { $0 >= 100 }) == [100, 101])
      #expect(drawn.count == 6)
    }
    #expect(sampler.indices(epoch: 0) != sampler.indices(epoch: 1))
  }
}
