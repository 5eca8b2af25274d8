import ExperimentKit
import Foundation
import QuickstartKit
import Tensor
import Testing

@Suite struct CohortTests {
  private let lengths = [40, 32, 36]
  private let spacing = VoxelSpacing(plane: 3, row: 3, column: 3)

  private var split: SlabSplit {
    get throws {
      try #require(
        SlabSplit.dealing(
          voxels: [[Int](repeating: 400, count: 40)], sliceCount: 40, slabLength: 6, dropped: 2,
          minimumVoxels: 300)
      ).split
    }
  }

  /// Three columns of classes, through all planes.
  private var classes: Tensor<Int32> {
    Tensor(shape: TensorShape(lengths)) { buffer in
      for index in buffer.indices { buffer[index] = Int32(index % 36 / 9) }
    }
  }

  private func noise(seed: UInt64) -> Tensor<Float> {
    var generator = PhiloxGenerator(seed: seed)
    return Tensor(uniform: 0..<1, shape: TensorShape(lengths), using: &generator)
  }

  private func renderer(_ image: Tensor<Float>, _ settings: CohortSettings = .init()) -> PatientRenderer {
    PatientRenderer(image: image, classes: classes, classCount: 4, spacing: spacing, settings: settings)
  }

  /// Shape alone: no change of intensity.
  private var shapeAlone: CohortSettings {
    var settings = CohortSettings()
    (settings.organShift, settings.bias, settings.blur, settings.noise) = (0, 0, 0...0, 0...0)
    return settings
  }

  @Test func aPatientIsDrawnFromItsOwnKey() throws {
    let patients = VirtualPatient.all(of: "CT", split: try split, settings: CohortSettings())
    let (renderer, again) = (renderer(noise(seed: 1)), renderer(noise(seed: 1)))
    // In another order, and without the others.
    let first = patients.prefix(4).map(renderer.rendered)
    let second = patients.prefix(4).reversed().map(again.rendered).reversed()
    for (one, other) in zip(first, second) {
      #expect(one.image == other.image && one.classes == other.classes)
    }
    #expect(first[0].image != first[1].image && first[0].classes != first[1].classes)
    var settings = CohortSettings()
    settings.seed = 2
    #expect(self.renderer(noise(seed: 1), settings).rendered(patients[0]).image != first[0].image)
  }

  @Test func eachSideHasItsNumberOfPatientsOfEachSlab() throws {
    let split = try split
    let patients = VirtualPatient.all(of: "CT", split: split, settings: CohortSettings())
    for (part, count) in [(SlabSplit.Part.train, 10), (.validation, 4), (.test, 8)] {
      #expect(patients.count { $0.slab.part == part } == count * split.slabs(of: part).count)
    }
    #expect(Set(patients.map(\.identifier)).count == patients.count)
    #expect(patients.allSatisfy { $0.person == "CT" && split.slabs[$0.slabIndex] == $0.slab })
  }

  /// The source's voxels hold the number of their plane, so that an image shows which planes it was made of: those of its
  /// own slab, which no other side's patient shows.
  @Test func aPatientIsMadeOfTheVoxelsOfItsSlabAlone() throws {
    let planes = Tensor<Float>(shape: TensorShape(lengths)) { buffer in
      for index in buffer.indices { buffer[index] = Float(index / (32 * 36)) / 64 }
    }
    let renderer = renderer(planes, shapeAlone)
    var shown: [SlabSplit.Part: ClosedRange<Float>] = [:]
    var seen: [SlabSplit.Part: Set<Int>] = [:]
    for patient in VirtualPatient.all(of: "CT", split: try split, settings: CohortSettings()) {
      let image = renderer.rendered(patient).image
      let (low, high) = (image.min().item * 64, image.max().item * 64)
      #expect(
        low > Float(patient.slab.first) - 0.2 && high < Float(patient.slab.last) + 0.2,
        "\(patient.identifier)")
      shown[patient.slab.part] = low...high
      seen[patient.slab.part, default: []].formUnion(image.scalars.map { Int(($0 * 64).rounded()) })
    }
    #expect(shown.count == 3)
    let sides = SlabSplit.Part.allCases.compactMap { seen[$0] }
    #expect(sides[0].isDisjoint(with: sides[1]) && sides[0].isDisjoint(with: sides[2]))
    #expect(sides[1].isDisjoint(with: sides[2]))
  }

  /// Whatever stands outside the training slabs, no bit of a training patient changes, with all changes of intensity on.
  @Test func otherSidesVoxelsReachNoTrainingPatient() throws {
    let split = try split
    let (plain, training) = (noise(seed: 1), Set(split.slices(of: .train)))
    var changed = plain
    for plane in 0..<40 where !training.contains(plane) {
      changed[plane] = Tensor(repeating: .nan, shape: [32, 36])
    }
    let (one, other) = (renderer(plain), renderer(changed))
    for patient in VirtualPatient.all(of: "CT", split: split, settings: CohortSettings())
    where patient.slab.part == .train {
      #expect(one.rendered(patient).image.isIdentical(to: other.rendered(patient).image))
    }
  }

  /// An image that is its own label map stays so, but for the pixels between two classes.
  @Test func labelsMoveWithTheImage() throws {
    let image = Tensor<Float>(shape: TensorShape(lengths)) { buffer in
      for index in buffer.indices { buffer[index] = Float(index % 36 / 9) / 4 }
    }
    let renderer = renderer(image, shapeAlone)
    for patient in VirtualPatient.all(of: "CT", split: try split, settings: CohortSettings()).prefix(6) {
      let rendered = renderer.rendered(patient)
      let right = zip(rendered.image.scalars, rendered.classes.scalars).count {
        abs($0 - Float($1) / 4) < 0.13
      }
      #expect(Double(right) > 0.97 * Double(rendered.image.elementCount))
      // They did move: the same labels at the old places are right in fewer pixels.
      let old = classes[patient.slab.first..<patient.slab.last + 1].scalars
      let still = zip(rendered.image.scalars, old).count { abs($0 - Float($1) / 4) < 0.13 }
      #expect(still < right)
    }
  }

  /// Each class gets a shift of its own and the background none; the shift is that of all its pixels.
  @Test func organsChangeTheirIntensityEach() throws {
    var settings = shapeAlone
    (settings.velocity, settings.rotation, settings.translation, settings.size) = (0, 0, 0, 1...1)
    settings.organShift = 0.1
    let renderer = renderer(Tensor(repeating: 0.5, shape: TensorShape(lengths)), settings)
    let patient = VirtualPatient.all(of: "CT", split: try split, settings: settings)[0]
    let rendered = renderer.rendered(patient)
    // In the middle of each column of nine, where no other class reaches through the smoothing of .7 pixels.
    let values = (0..<4).map { rendered.image[2, 16, 9 * $0 + 4] }
    #expect(abs(values[0] - 0.5) < 1e-3)
    #expect(Set(values.map { ($0 * 1000).rounded() }).count == 4)
    #expect(rendered.classes == classes[patient.slab.first..<patient.slab.last + 1])
  }
}
