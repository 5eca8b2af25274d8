public import Foundation
import MedIO
import Tensor

/// A small folder in the layout of one of the paper's sets, of made-up images: to see that a layout is read and a protocol runs
/// before the data are there.
public enum SmallPaperTree {
  /// Writes the patients of the paper's lists, or three without lists, two planes of 20 x 20 each.
  public static func write(_ set: PaperSet, to folder: URL) throws {
    let split = set.dataset.split
    let keys = split.map { Set($0.tenPercent + $0.quarter + $0.test).sorted() } ?? [1001, 1002, 1003]
    for (index, key) in keys.enumerated() {
      for (path, isLabels) in paths(set, key, index: index) {
        let url = folder.appending(path: path)
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try write(set, isLabels ? labels(set) : nil, seed: UInt64(index), to: url)
      }
    }
    guard set == .spleen || set == .heart else { return }
    // Keys index the sorted list of files: all up to the last one must be there.
    let last = keys.max() ?? 0
    var entries: [String] = []
    for key in 0...last {
      let name = String(format: "organ_%03d.nii.gz", key)
      for (part, values) in [("imagesTr", nil), ("labelsTr", labels(set))] {
        let url = folder.appending(path: "\(part)/\(name)")
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try write(set, values, seed: UInt64(key), to: url)
      }
      entries.append(#"{"image": "./imagesTr/\#(name)", "label": "./labelsTr/\#(name)"}"#)
    }
    try Data(#"{"name": "Organ", "training": [\#(entries.joined(separator: ", "))]}"#.utf8).write(
      to: folder.appending(path: "dataset.json"))
  }

  /// The labels that files of the set hold.
  private static func labels(_ set: PaperSet) -> [Int32] {
    switch set {
    case .chd: [0, 1, 7, 8]
    case .brats: [0, 1, 2, 4]
    case .kits, .hvsmr: [0, 1, 2]
    case .acdc: [0, 1, 2, 3]
    case .mmwhs: [0, 205, 420, 500, 550, 600, 820, 850]
    case .chaos: [0, 63, 126, 189, 252]
    case .spleen, .heart: [0, 1]
    }
  }

  /// Paths of a patient's files, and whether they hold labels.
  private static func paths(_ set: PaperSet, _ key: Int, index: Int) -> [(path: String, isLabels: Bool)] {
    func pair(_ image: String, _ labels: String) -> [(path: String, isLabels: Bool)] {
      [(image, false), (labels, true)]
    }
    switch set {
    case .chd: return pair("ct_\(key)_image.nii.gz", "ct_\(key)_label.nii.gz")
    case .kits:
      let folder = "data/case_" + String(format: "%05d", index)
      return pair(folder + "/imaging.nii.gz", folder + "/segmentation.nii.gz")
    case .brats:
      let stem = "HGG/Brats18_\(key)_1/Brats18_\(key)_1_"
      return ["flair", "t1", "t1ce", "t2"].map { (stem + $0 + ".nii.gz", false) } + [
        (stem + "seg.nii.gz", true)
      ]
    case .acdc:
      let name = "patient" + String(format: "%03d", key)
      return pair("training/\(name)/\(name)_frame01.nii.gz", "training/\(name)/\(name)_frame01_gt.nii.gz")
    case .mmwhs:
      return pair("ct_train/ct_train_\(key)_image.nii.gz", "ct_train/ct_train_\(key)_label.nii.gz")
    case .hvsmr:
      return pair(
        "Training dataset/training_axial_crop_pat\(key).nii.gz",
        "Ground truth/training_axial_crop_pat\(key)-label.nii.gz")
    case .chaos: return pair("MR/\(key)/T2SPIR/image.nii.gz", "MR/\(key)/T2SPIR/Ground.nii.gz")
    case .spleen, .heart: return []
    }
  }

  /// At the spacing that the set is brought to, so that no plane is made or lost.
  private static func affine(_ set: PaperSet) -> VoxelAffine {
    switch set {
    case .mmwhs: VoxelAffine(diagonal: 1, 1, 1)
    case .hvsmr: VoxelAffine(diagonal: 0.7, 0.7, 0.7)
    default: VoxelAffine(diagonal: 1.25, 1.25, 8)
    }
  }

  private static func write(_ set: PaperSet, _ labels: [Int32]?, seed: UInt64, to url: URL) throws {
    let affine = affine(set)
    let (planes, side) = (2, 20)
    if let labels {
      let values = (0..<planes * side * side).map { labels[$0 / 4 % side * labels.count / side] }
      return try NIfTI.write(
        Volume(voxels: Tensor(values, shape: [planes, side, side]), affine: affine), to: url,
        options: .init(datatype: .int16))
    }
    var generator = RandomKey(seed: seed).stream(for: "small tree").generator
    let voxels = Tensor<Float>(uniform: 0..<200, shape: [planes, side, side], using: &generator)
    try NIfTI.write(Volume(voxels: voxels, affine: affine), to: url)
  }
}
