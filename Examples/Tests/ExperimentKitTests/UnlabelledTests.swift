import Contrastive
import ExperimentKit
import Foundation
import MedIO
import RunKit
import Tensor
import Testing

/// What pre-training sees beside the training side, and at which size.
@Suite struct UnlabelledTests {
  private let tiny: TinyExperiment

  init() throws {
    tiny = try TinyExperiment()
    // [planes, rows, columns] = [6, 8, 10] in RAS, each voxel its own place.
    let volume = Volume(
      voxels: Tensor<Float>((0..<480).map { Float($0) }, shape: [6, 8, 10]),
      affine: VoxelAffine(diagonal: 1, 1, 1))
    try NIfTI.write(volume, to: tiny.folder.appending(path: "other.nii"))
    let folder = tiny.folder
    func write(_ name: String, _ lengths: [Int], planes: Double) throws {
      let voxels = Tensor<Float>(
        (0..<lengths.reduce(1, *)).map { Float($0) }, shape: TensorShape(lengths))
      try NIfTI.write(
        Volume(voxels: voxels, affine: VoxelAffine(diagonal: 1, 1, planes)),
        to: folder.appending(path: name))
    }
    try write("large.nii", [18, 24, 20], planes: 1)
    try write("thick.nii", [6, 24, 20], planes: 4)
  }

  private func images(
    _ planes: [UnlabelledSettings.Plane], of file: String = "other.nii", longestSide: Int = 64,
    _ positions: UnlabelledSettings.Positions = .ofVolume
  ) throws -> [PretrainingImage] {
    let set = UnlabelledSettings(
      name: "other", images: tiny.folder.appending(path: file).path, window: 0...479, planes: planes,
      positions: positions)
    return try UnlabelledImages(
      set, longestSide: longestSide, folders: DataFolders(),
      progress: RunProgress(say: { _ in }, isInterrupted: { false })
    ).images
  }

  @Test func everyPlaneIsCutAlongItsAxis() throws {
    func place(_ plane: Int, _ row: Int, _ column: Int) -> Float {
      Float((plane * 8 + row) * 10 + column) / 479
    }
    let axial = try images([.axial])
    #expect(axial.count == 6 && axial[0].image.shape == [8, 10, 1])
    #expect(abs(axial[2].image[3][4][0].item - place(2, 3, 4)) < 1e-5)
    let coronal = try images([.coronal])
    #expect(coronal.count == 8 && coronal[0].image.shape == [6, 10, 1])
    #expect(abs(coronal[3].image[2][4][0].item - place(2, 3, 4)) < 1e-5)
    let sagittal = try images([.sagittal])
    #expect(sagittal.count == 10 && sagittal[0].image.shape == [6, 8, 1])
    #expect(abs(sagittal[4].image[2][3][0].item - place(2, 3, 4)) < 1e-5)
    let all = try images([.axial, .coronal, .sagittal], longestSide: 5)
    #expect(all.count == 24 && Set(all.map(\.volume)) == [0, 1, 2])
    #expect(all[0].image.shape == [4, 5, 1] && all[6].image.shape == [3, 5, 1])
    // Voxels of 4 x 1 x 1 mm become cubes of 4 mm for planes in which they are no squares.
    #expect(
      try images([.axial], of: "thick.nii").map(\.image.shape)
        == [TensorShape](repeating: [24, 20, 1], count: 6))
    #expect(
      try images([.coronal], of: "thick.nii").map(\.image.shape)
        == [TensorShape](repeating: [6, 5, 1], count: 6))
  }

  @Test func positionsAreKnownOrNot() throws {
    #expect(try images([.axial]).map(\.position) == (1...6).map { Double($0) / 6 })
    #expect(try images([.axial], .unknown).allSatisfy { $0.position == nil })
    let slices = try images([.axial])
    #expect(slices[2].neighbors == [slices[1].image, slices[3].image])
    #expect(slices[0].neighbors == [slices[0].image, slices[1].image])
  }

  /// They are seen by pre-training, named in its rows, and change neither Scratch nor what is fine-tuned.
  @Test func pretrainingSeesThemAndScratchDoesNot() throws {
    var settings = tiny.settings
    settings.seeds = [1]
    settings.compare.protocols.removeLast()
    try tiny.run(settings) { try Study.compare($0.settings).run($0) }
    let without = Set(try tiny.rows("out"))
    settings.data[0].unlabelled = [
      UnlabelledSettings(
        name: "other", images: tiny.folder.appending(path: "large.nii").path, planes: [.axial, .coronal])
    ]
    let lines = try tiny.run(settings) { try Study.compare($0.settings).run($0) }
    let added = try tiny.rows("out").filter { !without.contains($0) }
    #expect(added.count == 3 && added.allSatisfy { $0.contains("large.nii: ") })
    #expect(lines.contains { $0.contains("pre-training sees 42 slices of other, too") })
    let counts = try tiny.rows("out").compactMap { row -> Int? in
      guard row.contains(#""kind":"pretraining""#), row.contains("SimCLR") else { return nil }
      let object = try JSONSerialization.jsonObject(with: Data(row.utf8)) as? [String: Any]
      return (object?["result"] as? [String: Any])?["images"] as? Int
    }
    #expect(counts.count == 2 && abs(counts[0] - counts[1]) == 42)
  }

  /// Every method's largest view gets the side, and a setting of the user's stays.
  @Test func viewsHaveTheSideThatIsSet() throws {
    var settings = tiny.settings
    settings.seeds = [1]
    settings.compare.protocols.removeLast()
    settings.compare.methods = [
      MethodChoice(name: "SuperCL"), MethodChoice(name: "BYOL"), MethodChoice(name: "MoCo"),
      MethodChoice(name: "GCL local"),
      MethodChoice(
        name: "own", method: "SuperCL",
        settings: .object(["patchSize": .number(16)])),
    ]
    settings.compare.pretrainingSteps = 1
    settings.compare.viewSize = 32
    try tiny.run(settings) { try Study.compare($0.settings).run($0) }
    let rows = try tiny.rows("out").filter { $0.contains(#""kind":"pretraining""#) }
    #expect(rows.count == 5)
    #expect(
      rows.count { $0.contains(#""patchSize":32"#) } == 1
        && rows.count { $0.contains(#""patchSize":16"#) } == 1)
    #expect(
      rows.count { $0.contains(#""imageSize":32"#) } == 1 && rows.count { $0.contains(#""size":32"#) } == 2)
  }

  /// Virtual patients are slabs; the first of every slab are one body, so that methods that ask for slices of every part of a
  /// volume find them in each.
  @Test func bodiesOfVirtualPatientsHaveAllParts() throws {
    var settings = ExperimentSettings.quick
    settings.cohort.trainingPatientsPerSlab = 2
    let data = try ExperimentData.read(
      settings.data[0], cohort: settings.cohort, longestSide: 32, folders: DataFolders(),
      in: try ExperimentFolder(tiny.folder.appending(path: "data")),
      progress: RunProgress(say: { _ in }, isInterrupted: { false }))
    let images = data.pretrainingImages()
    #expect(Set(images.map(\.volume)) == [0, 1])
    for body in 0..<2 {
      let places = images.filter { $0.volume == body }.compactMap(\.position)
      #expect(Set(places.map { Int(($0 * 4).rounded(.up)) }) == [1, 2, 3, 4])
      #expect(Set(places).count == places.count)
    }
  }
}
