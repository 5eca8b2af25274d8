import Foundation
import MedIO
import Tensor
import Testing

@Suite struct PaperDatasetTests {
  @Test(arguments: PaperDataset.allCases) func wholeTreesAreRead(_ set: PaperDataset) throws {
    let tree = try DatasetTree(set)
    let dataset = try set.open(tree.scratch.url)
    #expect(dataset.count == tree.count)
    #expect(dataset.cases.map(\.key) == tree.keys)
    #expect(Set(dataset.cases.map(\.identifier)).count == tree.count)
    for index in 0..<dataset.count {
      let prepared = try dataset.element(at: index)
      let labels = try #require(prepared.labels)
      #expect(labels.grid == prepared.image.grid)
      #expect(prepared.image.frameCount == (set == .brats2018 ? 4 : 1))
      let classes = Set(labels.voxels.scalars)
      #expect(classes.isSubset(of: Set(0..<Int32(set.labelMapping.classCount))))
      let isFinite = prepared.image.voxels.scalars.allSatisfy { $0.isFinite }
      #expect(isFinite)
    }
  }

  @Test func labelsBecomeThePapersClasses() throws {
    // What the files hold, without preprocessing: 0, 205, 420, ... in turn, four voxels each.
    let tree = try DatasetTree(.mmwhs)
    var dataset = try PaperDataset.mmwhs.open(tree.scratch.url)
    dataset.preprocessing = Preprocessing([])
    let labels = try #require(try dataset.prepared(at: 0).labels).voxels.scalars
    #expect(labels == (0..<60).map { Int32($0 / 4 % 8) })
    // CHD: 8 is background.
    let chd = try DatasetTree(.chd)
    var other = try PaperDataset.chd.open(chd.scratch.url)
    other.preprocessing = Preprocessing([])
    #expect(
      try #require(try other.prepared(at: 0).labels).voxels.scalars
        == (0..<60).map { [0, 1, 7, 0][$0 / 4 % 4] })
  }

  @Test(arguments: PaperDataset.allCases) func aMissingLabelFileIsNamed(_ set: PaperDataset) throws {
    let tree = try DatasetTree(set)
    try FileManager.default.removeItem(at: tree.scratch[tree.labels])
    if set == .brats2018 || set == .kits2019 {
      // Sets with unlabelled scans.
      #expect(try set.open(tree.scratch.url).cases.filter { $0.labels == nil }.count == 1)
      return
    }
    let error = try #require(throws: MedIOError.self) { try set.open(tree.scratch.url) }
    #expect(error.code == .missingFile)
    #expect(error.path.hasPrefix(tree.scratch.url.path))
  }

  @Test func aMissingModalityIsNamed() throws {
    let tree = try DatasetTree(.brats2018)
    try FileManager.default.removeItem(at: tree.scratch[tree.image])
    let error = try #require(throws: MedIOError.self) { try PaperDataset.brats2018.open(tree.scratch.url) }
    #expect(error.code == .missingFile && error.context.contains("Brats18_2013_10_1_t1"))
  }

  /// A segmentation whose image is missing would otherwise be left out in silence.
  @Test(arguments: PaperDataset.allCases) func aMissingImageIsNamed(_ set: PaperDataset) throws {
    let tree = try DatasetTree(set)
    try FileManager.default.removeItem(at: tree.scratch[tree.image])
    let error = try #require(throws: MedIOError.self) { try set.open(tree.scratch.url) }
    #expect(error.code == .missingFile)
    #expect(error.path.hasPrefix(tree.scratch.url.path) && error.path != tree.scratch.url.path)
  }

  @Test func aPatientWithoutFlairIsNamed() throws {
    let tree = try DatasetTree(.brats2018)
    let flair = tree.image.replacingOccurrences(of: "_t1.", with: "_flair.")
    try FileManager.default.removeItem(at: tree.scratch[flair])
    let error = try #require(throws: MedIOError.self) { try PaperDataset.brats2018.open(tree.scratch.url) }
    #expect(error.code == .missingFile && error.path.contains("Brats18_2013_10_1"))
  }

  /// The same scan twice would train twice, or be read from one of two files at random.
  @Test(arguments: [PaperDataset.chd, .mmwhs, .hvsmr, .acdc, .brats2018, .kits2019, .chaos])
  func twinsAreSaid(_ set: PaperDataset) throws {
    for file in ["image", "labels"] {
      let tree = try DatasetTree(set)
      let name = file == "image" ? tree.image : tree.labels
      // The same file once more, not compressed.
      try NIfTI.write(
        try NIfTI.read(Float.self, from: tree.scratch[name]), to: tree.scratch[String(name.dropLast(3))])
      #expect(try code { _ = try set.open(tree.scratch.url) } == .badLayout, "\(file)")
    }
  }

  /// Data sets are often linked into place: the folder itself, and folders in it.
  @Test(arguments: [PaperDataset.acdc, .hvsmr, .msdHeart]) func linkedFoldersAreFollowed(
    _ set: PaperDataset
  ) throws {
    let tree = try DatasetTree(set)
    let scratch = try Scratch()
    let files = FileManager.default
    try files.createSymbolicLink(atPath: scratch["set"].path, withDestinationPath: tree.scratch.url.path)
    #expect(try set.open(scratch["set"]).cases.map(\.key) == tree.keys)
    try files.createDirectory(at: scratch["of links"], withIntermediateDirectories: false)
    for name in tree.scratch.names {
      try files.createSymbolicLink(
        atPath: scratch["of links"].appendingPathComponent(name).path,
        withDestinationPath: tree.scratch[name].path)
    }
    // A link in a circle ends.
    try files.createSymbolicLink(
      atPath: scratch["of links/self"].path, withDestinationPath: scratch["of links"].path)
    let dataset = try set.open(scratch["of links"])
    #expect(dataset.cases.map(\.key) == tree.keys)
    _ = try dataset.prepared(at: 0)
  }

  /// A header that gives voxels a kilometer must not make preprocessing ask for memory without end.
  @Test func voxelSizesThatExplodeAreSaid() throws {
    let tree = try DatasetTree(.mmwhs)
    let url = tree.scratch[tree.image]
    for size in [1e5, 1e30] {
      let huge = Volume<Float>(
        voxels: Tensor(zeros: [3, 4, 5]), affine: VoxelAffine(diagonal: size, size, size))
      try NIfTI.write(huge, to: url)
      try NIfTI.write(
        huge.with(voxels: Tensor<Int32>(zeros: [3, 4, 5])), to: tree.scratch[tree.labels])
      let error = try #require(throws: MedIOError.self) {
        try PaperDataset.mmwhs.open(tree.scratch.url).prepared(at: 0)
      }
      #expect(error.code == .exceedsLimit && error.path == url.path)
    }
  }

  @Test(arguments: PaperDataset.allCases) func brokenFilesAreNamed(_ set: PaperDataset) throws {
    let tree = try DatasetTree(set)
    let dataset = try set.open(tree.scratch.url)
    let labelsURL = tree.scratch[tree.labels]
    let broken = try #require(dataset.cases.firstIndex { $0.labels?.path == labelsURL.path })
    func code(_ voxels: Tensor<Int32>, _ affine: VoxelAffine) throws -> MedIOError? {
      try NIfTI.write(Volume(voxels: voxels, affine: affine), to: labelsURL)
      do throws(MedIOError) {
        _ = try dataset.prepared(at: broken)
        return nil
      } catch {
        return error
      }
    }
    let affine = VoxelAffine(diagonal: 1.5, 1.5, 8)
    let shape = try code(Tensor(zeros: [3, 5, 4]), affine)
    #expect(shape?.code == .gridMismatch && shape?.path == labelsURL.path)
    let flipped = try code(Tensor(zeros: [3, 4, 5]), VoxelAffine(diagonal: -1.5, 1.5, 8))
    #expect(flipped?.code == .gridMismatch && flipped?.path == labelsURL.path)
    let unknown = try code(Tensor(repeating: 77, shape: [3, 4, 5]), affine)
    if set == .chd {
      #expect(unknown == nil)
    } else {
      #expect(unknown?.code == .unknownLabel && unknown?.path == labelsURL.path)
      #expect(unknown?.context.contains("77") == true)
    }
    try Data([1, 2, 3]).write(to: labelsURL)
    #expect(throws: MedIOError.self) { try dataset.element(at: broken) }
  }

  @Test(arguments: PaperDataset.allCases) func emptyAndMissingFoldersAreSaid(_ set: PaperDataset) throws {
    let scratch = try Scratch()
    #expect(try code { _ = try set.open(scratch["none"]) } == .notFound)
    let isManifest = [.msdSpleen, .msdHeart, .msdHippocampus].contains(set)
    #expect(try code { _ = try set.open(scratch.url) } == (isManifest ? .missingFile : .badLayout))
    try scratch.file("a.nii", [1])
    #expect(try code { _ = try set.open(scratch["a.nii"]) } == .badLayout)
  }

  @Test(arguments: [
    ("not JSON", MedIOError.Code.badLayout), (#"{"training": [{"image": "a.nii"}]}"#, .badLayout),
    (#"{"training": [{"image": "../a.nii", "label": "b.nii"}]}"#, .badLayout),
    (#"{"training": [{"image": "a.nii", "label": "b.nii"}]}"#, .missingFile),
    (#"{"training": []}"#, .badLayout),
    (#"{"training": [{"image": "a.nii", "label": "b.nii"}], "training": []}"#, .badLayout),
    (#"{"training": [{"image": "a.nii", "image": "c.nii", "label": "b.nii"}]}"#, .badLayout),
  ])
  func brokenManifestsAreSaid(_ text: String, _ wanted: MedIOError.Code) throws {
    let scratch = try Scratch()
    try scratch.file("dataset.json", Array(text.utf8))
    #expect(try code { _ = try PaperDataset.msdSpleen.open(scratch.url) } == wanted)
  }

  @Test func splitsAreThePapers() throws {
    // The table of the paper's protocol: patients at 10 % and 25 %, and in the test.
    let counts: [PaperDataset: [Int]] = [
      .acdc: [8, 20, 20], .mmwhs: [2, 4, 4], .hvsmr: [1, 2, 2], .chaos: [2, 4, 4], .msdSpleen: [4, 8, 8],
      .msdHeart: [2, 4, 4],
    ]
    for set in PaperDataset.allCases {
      guard let wanted = counts[set] else {
        #expect(set.split == nil)
        continue
      }
      let split = try #require(set.split)
      #expect([split.tenPercent.count, split.quarter.count, split.test.count] == wanted, "\(set)")
      #expect(Set(split.test).isDisjoint(with: split.tenPercent + split.quarter), "\(set)")
      #expect(Set(split.quarter).count == split.quarter.count && Set(split.test).count == split.test.count)
    }
    let split = try #require(PaperDataset.hvsmr.split)
    #expect(split.training(.all, of: [0, 1, 3, 8, 9]) == [0, 1, 8])
    #expect(split.training(.quarter, of: []) == [8, 0])
  }

  @Test func splitFilesAreRead() throws {
    let scratch = try Scratch()
    let good = try scratch.file("a.json", Array(#"{"10": [1], "25": [1, 2], "test": [3]}"#.utf8))
    #expect(
      try DatasetSplit(contentsOf: good) == DatasetSplit(tenPercent: [1], quarter: [1, 2], test: [3]))
    let both = try scratch.file("b.json", Array(#"{"10": [1], "25": [1, 3], "test": [3]}"#.utf8))
    #expect(try code { _ = try DatasetSplit(contentsOf: both) } == .badLayout)
    let less = try scratch.file("c.json", Array(#"{"10": [1]}"#.utf8))
    #expect(try code { _ = try DatasetSplit(contentsOf: less) } == .badLayout)
    let twice = try scratch.file("e.json", Array(#"{"10": [1], "10": [2], "25": [1, 2], "test": [3]}"#.utf8))
    #expect(try code { _ = try DatasetSplit(contentsOf: twice) } == .badLayout)
    #expect(try code { _ = try DatasetSplit(contentsOf: scratch["d.json"]) } == .notFound)
  }

  @Test func casesOfAPatientAreAllItsFrames() throws {
    let tree = try DatasetTree(.acdc)
    let dataset = try PaperDataset.acdc.open(tree.scratch.url)
    #expect(dataset.cases(of: [1]).cases.map(\.identifier) == ["patient001_frame01", "patient001_frame12"])
    #expect(dataset.cases(of: [2]).count == 0)
  }
}
