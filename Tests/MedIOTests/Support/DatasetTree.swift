import Foundation
import MedIO
import Tensor

/// A data set of tiny volumes in the layout of one of the paper's sets.
struct DatasetTree {
  let scratch: Scratch
  /// The first labels file, for breaking it.
  private(set) var labels: String = ""
  private(set) var image: String = ""
  /// The number of scans.
  private(set) var count = 0
  /// The scans' keys.
  private(set) var keys: [Int] = []

  /// 3 planes of 4 x 5; labels are those of the set in turn.
  private static func write(_ scratch: Scratch, _ path: String, labels: [Int32]? = nil) throws {
    let url = scratch[path]
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let affine = VoxelAffine(diagonal: 1.5, 1.5, 8)
    if let labels {
      let values = (0..<60).map { labels[$0 / 4 % labels.count] }
      try NIfTI.write(
        Volume(voxels: Tensor(values, shape: [3, 4, 5]), affine: affine), to: url,
        options: .init(datatype: .int16))
    } else {
      let values = (0..<60).map { Float($0 * 7 % 23) }
      try NIfTI.write(Volume(voxels: Tensor(values, shape: [3, 4, 5]), affine: affine), to: url)
    }
  }

  init(_ set: PaperDataset) throws {
    let scratch = try Scratch()
    self.scratch = scratch
    func pair(_ image: String, _ labels: String, _ values: [Int32]) throws {
      try Self.write(scratch, image)
      try Self.write(scratch, labels, labels: values)
    }
    switch set {
    case .chd:
      for key in [1001, 1003] { try pair("ct_\(key)_image.nii.gz", "ct_\(key)_label.nii.gz", [0, 1, 7, 8]) }
      (labels, image, count, keys) = ("ct_1001_label.nii.gz", "ct_1001_image.nii.gz", 2, [1001, 1003])
    case .mmwhs:
      for key in [1001, 1019] {
        let stem = "ct_train/ct_train_\(key)_"
        try pair(stem + "image.nii.gz", stem + "label.nii.gz", [0, 205, 420, 500, 550, 600, 820, 850])
      }
      // The MRI half of the same challenge lies beside it.
      try Self.write(scratch, "mr_train/mr_train_1001_image.nii.gz")
      (labels, image) = ("ct_train/ct_train_1001_label.nii.gz", "ct_train/ct_train_1001_image.nii.gz")
      (count, keys) = (2, [1001, 1019])
    case .hvsmr:
      for key in [0, 8] {
        try pair(
          "Training dataset/training_axial_crop_pat\(key).nii.gz",
          "Ground truth/training_axial_crop_pat\(key)-label.nii.gz", [0, 1, 2])
      }
      labels = "Ground truth/training_axial_crop_pat0-label.nii.gz"
      (image, count, keys) = ("Training dataset/training_axial_crop_pat0.nii.gz", 2, [0, 8])
    case .acdc:
      for (patient, frame) in [(1, "01"), (1, "12"), (73, "01")] {
        let name = "patient" + String(format: "%03d", patient)
        let stem = "training/\(name)/\(name)_frame\(frame)"
        try pair(stem + ".nii.gz", stem + "_gt.nii.gz", [0, 1, 2, 3])
      }
      try Self.write(scratch, "training/patient001/patient001_4d.nii.gz")
      labels = "training/patient001/patient001_frame01_gt.nii.gz"
      (image, count, keys) = ("training/patient001/patient001_frame01.nii.gz", 3, [1, 1, 73])
    case .brats2018:
      for name in ["HGG/Brats18_2013_10_1", "LGG/Brats18_TCIA_1_1"] {
        let stem = name + "/" + name.split(separator: "/")[1]
        for modality in ["flair", "t1", "t1ce", "t2"] {
          try Self.write(scratch, "\(stem)_\(modality).nii.gz")
        }
        try Self.write(scratch, stem + "_seg.nii.gz", labels: [0, 1, 2, 4])
      }
      let stem = "HGG/Brats18_2013_10_1/Brats18_2013_10_1_"
      (labels, image, count, keys) = (stem + "seg.nii.gz", stem + "t1.nii.gz", 2, [0, 1])
    case .kits2019:
      for key in [0, 12] {
        let folder = "data/case_" + String(format: "%05d", key)
        try pair(folder + "/imaging.nii.gz", folder + "/segmentation.nii.gz", [0, 1, 2])
      }
      labels = "data/case_00000/segmentation.nii.gz"
      (image, count, keys) = ("data/case_00000/imaging.nii.gz", 2, [0, 12])
    case .chaos:
      for key in [1, 10] {
        try pair("MR/\(key)/T2SPIR/image.nii.gz", "MR/\(key)/T2SPIR/Ground.nii.gz", [0, 63, 126, 189, 252])
        try Self.write(scratch, "MR/\(key)/T1DUAL/image.nii.gz")
      }
      labels = "MR/1/T2SPIR/Ground.nii.gz"
      (image, count, keys) = ("MR/1/T2SPIR/image.nii.gz", 2, [1, 10])
    case .msdSpleen, .msdHeart, .msdHippocampus:
      let values: [Int32] = set == .msdHippocampus ? [0, 1, 2] : [0, 1]
      var entries: [String] = []
      for key in [2, 10] {
        try pair("imagesTr/organ_\(key).nii.gz", "labelsTr/organ_\(key).nii.gz", values)
        entries.append(
          #"{"image": "./imagesTr/organ_\#(key).nii.gz", "label": "./labelsTr/organ_\#(key).nii.gz"}"#)
      }
      // What a Mac leaves in an archive.
      try scratch.file("imagesTr/._organ_2.nii.gz", [1, 2, 3])
      try scratch.file(
        "dataset.json", Array(#"{"name": "Organ", "training": [\#(entries.joined(separator: ", "))]}"#.utf8))
      (labels, image, count, keys) = ("labelsTr/organ_10.nii.gz", "imagesTr/organ_10.nii.gz", 2, [0, 1])
    }
  }
}
