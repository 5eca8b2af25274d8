import ExampleSupport
public import QuickstartKit

/// A set of labelled images to experiment on.
public struct DataSettings: Codable, Equatable, Sendable {
  /// What a patient is.
  public enum Patients: String, Codable, Hashable, Sendable {
    /// Virtual ones, made of slabs of one volume.
    case virtual
    /// Each file is one: for sets of real people.
    case files
  }

  /// The name in rows and figures.
  public var name: String
  /// A file, or a folder of files with `patients` = files. `kept/...` lies in Examples/Data, `fetched/...` in the folder of
  /// fetched data; other paths are as they stand.
  public var images: String
  /// The labels: a file, or a folder of files with the names of the images.
  public var labels: String
  /// Names and the labels merged into each; every label with enough voxels unless given.
  public var classes: [TargetClass]?
  /// Intensities that become 0 and 1; unless given, percentiles: for virtual patients of the training slabs, for files of each.
  public var window: ClosedRange<Double>?
  public var patients: Patients
  /// Slices in a slab, about: 8.
  public var slabLength: Int
  /// Slices dropped at every border between slabs: 2.
  public var droppedSlices: Int
  /// Voxels that each class must have on each side: 300.
  public var minimumVoxels: Int
  /// Images without labels that pre-training sees beside the training side: none.
  public var unlabelled: [UnlabelledSettings]

  public init(
    name: String, images: String, labels: String, classes: [TargetClass]? = nil,
    window: ClosedRange<Double>? = nil, patients: Patients = .virtual, slabLength: Int = 8,
    droppedSlices: Int = 2, minimumVoxels: Int = 300, unlabelled: [UnlabelledSettings] = []
  ) {
    (self.name, self.images, self.labels, self.unlabelled) = (name, images, labels, unlabelled)
    (self.classes, self.window, self.patients) = (classes, window, patients)
    (self.slabLength, self.droppedSlices, self.minimumVoxels) = (slabLength, droppedSlices, minimumVoxels)
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try fields.decode(String.self, forKey: .name),
      images: try fields.decode(String.self, forKey: .images),
      labels: try fields.decode(String.self, forKey: .labels),
      classes: try fields.decodeIfPresent([TargetClass].self, forKey: .classes),
      window: try fields.decodeIfPresent(ClosedRange<Double>.self, forKey: .window),
      patients: try fields.decodeIfPresent(Patients.self, forKey: .patients) ?? .virtual,
      slabLength: try fields.decodeIfPresent(Int.self, forKey: .slabLength) ?? 8,
      droppedSlices: try fields.decodeIfPresent(Int.self, forKey: .droppedSlices) ?? 2,
      minimumVoxels: try fields.decodeIfPresent(Int.self, forKey: .minimumVoxels) ?? 300,
      unlabelled: try fields.decodeIfPresent([UnlabelledSettings].self, forKey: .unlabelled) ?? [])
  }

  /// The CT of the abdomen kept with the examples: one person, ten organs and bones, -160...240 HU.
  public static let ct = DataSettings(
    name: "CT", images: "kept/abdomen_ct/ct.nii.gz", labels: "kept/abdomen_ct/labels.nii.gz",
    classes: TargetClass.abdomen, window: -160...240)

  /// The T1 image ch2 with the AAL atlas: one person, ten regions, in slabs of 16 slices of 1 mm with 5 dropped between
  /// them.
  public static let mri = DataSettings(
    name: "MRI", images: "fetched/ch2.nii.gz", labels: "fetched/aal.nii.gz", classes: TargetClass.brain,
    window: 0...140, slabLength: 16, droppedSlices: 5)

  func validate(_ path: String) throws(ExampleFailure) {
    for (name, value, least) in [
      ("slabLength", slabLength, 1), ("droppedSlices", droppedSlices, 0), ("minimumVoxels", minimumVoxels, 1),
    ] where value < least {
      throw ExampleFailure(
        .data, "\(path): data '\(self.name)': \(name) = \(value): must be at least \(least)")
    }
    guard !name.isEmpty else { throw ExampleFailure(.data, "\(path): data: a name is empty") }
    if let window, !(window.lowerBound < window.upperBound) {
      throw ExampleFailure(.data, "\(path): data '\(name)': window = \(window): is empty")
    }
    for set in unlabelled { try set.validate(path) }
    if let classes {
      let labels = classes.flatMap(\.labels)
      guard !classes.isEmpty, !labels.contains(0), Set(labels).count == labels.count else {
        throw ExampleFailure(
          .data, "\(path): data '\(name)': classes: each label stands once, and 0 is the background")
      }
    }
  }
}

extension TargetClass {
  /// Ten regions of the brain, by the numbers of AAL's 116.
  public static let brain: [TargetClass] = [
    TargetClass(name: "frontal", labels: Array(1...28)), TargetClass(name: "insula", labels: [29, 30]),
    TargetClass(name: "cingulum", labels: Array(31...36)),
    TargetClass(name: "hippocampus and amygdala", labels: Array(37...42)),
    TargetClass(name: "occipital", labels: Array(43...54)),
    TargetClass(name: "temporal", labels: [55, 56] + Array(79...90)),
    TargetClass(name: "parietal", labels: Array(57...70)),
    TargetClass(name: "basal ganglia", labels: Array(71...76)),
    TargetClass(name: "thalamus", labels: [77, 78]),
    TargetClass(name: "cerebellum", labels: Array(91...116)),
  ]
}
