import Contrastive
import ExampleSupport
import ExperimentKit
import Foundation
import MedIO
import QuickstartKit
import RunKit
import Tensor
import Testing

/// Data from files to patients.
@Suite struct SourceDataTests {
  private let tiny: TinyExperiment

  init() throws { tiny = try TinyExperiment() }

  private func read(_ set: DataSettings, _ cohort: CohortSettings = ExperimentSettings.quick.cohort) throws
    -> ExperimentData
  {
    var read: ExperimentData?
    try tiny.run(tiny.settings, output: UUID().uuidString) { work in
      read = try ExperimentData.read(
        set, cohort: cohort, longestSide: 32, folders: work.folders, in: work.folder, progress: work.progress)
    }
    return try #require(read)
  }

  /// From the file on: the window of intensities, too, comes from the training slabs alone.
  @Test func voxelsOfOtherSidesReachNothingOfTheTrainingSide() throws {
    var set = tiny.settings.data[0]
    let plain = try read(set)
    let volume = try NIfTI.read(Float.self, from: URL(filePath: set.images))
    let labels = try NIfTI.readLabels(from: URL(filePath: set.labels)).voxels
    let counts = [1, 2].map { label in
      (0..<40).map { plane in labels[plane].scalars.count { $0 == label } }
    }
    let split = try #require(
      SlabSplit.dealing(
        voxels: counts, sliceCount: 40, slabLength: set.slabLength, dropped: set.droppedSlices,
        minimumVoxels: set.minimumVoxels)
    ).split
    let training = Set(split.slices(of: .train))
    var voxels = volume.voxels
    for plane in 0..<40 where !training.contains(plane) { voxels[plane] = voxels[plane] * -7 + 9000 }
    let other = tiny.folder.appending(path: "other.nii")
    try NIfTI.write(volume.with(voxels: voxels), to: other)
    set.images = other.path
    let changed = try read(set)
    let (one, two) = (plain.pretrainingImages(), changed.pretrainingImages())
    #expect(one.count == two.count && one.count > 10)
    #expect(zip(one, two).allSatisfy { $0.image.isIdentical(to: $1.image) && $0.position == $1.position })
    // The other sides did change.
    let test = zip(plain.patients(of: .test), changed.patients(of: .test))
    #expect(test.allSatisfy { $0.images[0] != $1.images[0] })
    // Rows know one file from the other.
    #expect(plain.identity != changed.identity)
  }

  @Test func patientsCarryPersonAndSlab() throws {
    let data = try read(tiny.settings.data[0])
    #expect(
      data.patients.allSatisfy { $0.person == "tiny" && $0.identifier.contains("slab \($0.stratum) (") })
    #expect(data.size == [32, 32] && data.classNames == ["background", "a", "b"])
    #expect(data.notes.contains { $0.contains("virtual patients of one person") })
    // Their place is that of the slab in the whole volume.
    for patient in data.patients {
      let first = try #require(patient.identifier.firstMatch(of: /(\d+)-(\d+)\)/)).output
      #expect(patient.positions.first == (Double(first.1) ?? -1).advanced(by: 1) / 40)
      #expect(patient.positions.last == (Double(first.2) ?? -1).advanced(by: 1) / 40)
    }
  }

  /// A class that lies in one slab alone cannot be on three sides: it is left out, and a note says so.
  @Test func aClassThatNoThreeSidesHaveIsLeftOut() throws {
    var set = tiny.settings.data[0]
    let volume = try NIfTI.readLabels(from: URL(filePath: set.labels))
    var labels = volume.voxels
    labels[20] = Tensor(repeating: 9, shape: [32, 32])
    let url = tiny.folder.appending(path: "one-slab.nii")
    try NIfTI.write(volume.with(voxels: labels), to: url)
    set.labels = url.path
    set.classes?.append(TargetClass(name: "rare", labels: [9]))
    let data = try read(set)
    #expect(data.classNames == ["background", "a", "b"])
    #expect(data.notes.contains { $0.contains("'rare' does not reach through three sides") })
  }

  @Test func filesArePatients() throws {
    let (images, labels) = (tiny.folder.appending(path: "images"), tiny.folder.appending(path: "labels"))
    for folder in [images, labels] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    for index in 0..<10 {
      let shape: TensorShape = [4, 30, 20 + index]
      let image = Tensor<Float>(repeating: Float(index) * 10, shape: shape)
      let map = Tensor<Int32>(shape: shape) { buffer in
        for place in buffer.indices { buffer[place] = place % 2 == 0 ? 7 : 0 }
      }
      let affine = VoxelAffine(diagonal: 1, 1, 2)
      try NIfTI.write(Volume(voxels: image, affine: affine), to: images.appending(path: "p\(index).nii"))
      try NIfTI.write(Volume(voxels: map, affine: affine), to: labels.appending(path: "p\(index).nii"))
    }
    var set = DataSettings(
      name: "people", images: images.path, labels: labels.path,
      classes: [TargetClass(name: "seven", labels: [7])], window: 0...100, patients: .files)
    let data = try read(set)
    #expect(data.patients.count { $0.part == .train } == 6)
    #expect(
      data.patients.count { $0.part == .validation } == 2 && data.patients.count { $0.part == .test } == 2)
    #expect(Set(data.patients.map(\.person)).count == 10)
    #expect(data.size == [32, 32])
    for patient in data.patients {
      let number = try #require(patient.identifier.firstMatch(of: /p(\d)\.nii/)?.output.1)
      #expect(abs((patient.images[0].max().item) - (Float(number) ?? -1) / 10) < 1e-6)
      #expect(patient.images.count == 4 && patient.labels[0].max().item == 1)
    }
    // The same files are dealt the same way.
    #expect(try read(set).patients.map(\.identifier) == data.patients.map(\.identifier))
    set.classes = nil
    let failure = #expect(throws: ExampleFailure.self) { try read(set) }
    #expect(failure?.kind == .data)
    set.classes = [TargetClass(name: "seven", labels: [7])]
    try FileManager.default.removeItem(at: labels.appending(path: "p3.nii"))
    let lost = #expect(throws: ExampleFailure.self) { try read(set) }
    #expect(lost?.kind == .noInput && lost?.description.contains("labels/p3.nii") ?? false)
  }
}
