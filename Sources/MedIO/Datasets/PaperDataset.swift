public import Foundation
import Tensor

/// The data sets of the SuperCL paper: how their folders look, their labels, splits and preprocessing.
///
///     let acdc = try PaperDataset.acdc.open(folder)              // every scan below the folder
///     let split = PaperDataset.acdc.split                        // the paper's patients
///     let training = acdc.cases(of: split?.tenPercent ?? [])     // 8 patients
///     let slices = try SliceDataset(training, cachedIn: cache)   // preprocessed on first use
///
/// The images have terms of their own and come from their makers; DICOM and PNG files are converted first, for
/// example with dcm2niix.
public enum PaperDataset: String, Hashable, Sendable, CaseIterable {
  /// Cardiac CT (ImageCHD): `ct_1001_image.nii.gz` and `ct_1001_label.nii.gz` anywhere below the folder.
  case chd
  /// Brain MRI: `Brats18_NAME/Brats18_NAME_{flair,t1,t1ce,t2,seg}.nii.gz`, in `HGG` and `LGG` or not.
  case brats2018
  /// Kidney CT: `case_00000/imaging.nii.gz` and `segmentation.nii.gz`.
  case kits2019
  /// Heart CT: `ct_train_1001_image.nii.gz` and `ct_train_1001_label.nii.gz`.
  case mmwhs
  /// Heart MRI: `patient001/patient001_frame01.nii.gz` and `patient001_frame01_gt.nii.gz`.
  case acdc
  /// Heart MRI (2016): `training_axial_crop_pat0.nii.gz` and `training_axial_crop_pat0-label.nii.gz`.
  case hvsmr
  /// Abdominal MRI, T2-SPIR, converted to NIfTI: `1/T2SPIR/` with two files, of which the one with `label`,
  /// `ground`, `mask`, `seg` or `gt` in its name is the segmentation; or `1_image.nii.gz` and
  /// `1_label.nii.gz`.
  case chaos
  /// Spleen CT of the Medical Segmentation Decathlon: `dataset.json`, `imagesTr`, `labelsTr`.
  case msdSpleen
  /// Left atrium MRI of the Medical Segmentation Decathlon.
  case msdHeart
  /// Hippocampus MRI of the Medical Segmentation Decathlon.
  case msdHippocampus

  /// Finds all scans below a folder.
  ///
  /// - Throws: `notFound`; `badLayout` when no file of this data set is there, or two are the same scan;
  ///   `missingFile` for a scan without its segmentation or one of its modalities, and for these without it.
  public func open(_ folder: URL) throws(MedIOError) -> VolumeDataset {
    let finder = try CaseFinder(folder)
    let cases: [VolumeCase]
    switch self {
    case .chd:
      cases = try finder.pairs(
        #"^ct_(\d+)_image$"#, labels: { "ct_\($0)_label" }, anyLabels: #"^ct_\d+_label$"#)
    case .mmwhs:
      cases = try finder.pairs(
        #"^ct_train_(\d+)_image$"#, labels: { "ct_train_\($0)_label" },
        anyLabels: #"^ct_train_\d+_label$"#)
    case .hvsmr:
      cases = try finder.pairs(
        #"^training_axial_crop_pat(\d+)$"#, labels: { "training_axial_crop_pat\($0)-label" },
        anyLabels: #"^training_axial_crop_pat\d+-label$"#)
    case .acdc: cases = try finder.acdc()
    case .brats2018: cases = try finder.brats()
    case .kits2019: cases = try finder.kits()
    case .chaos: cases = try finder.chaos()
    case .msdSpleen, .msdHeart, .msdHippocampus: cases = try finder.decathlon()
    }
    guard !cases.isEmpty else {
      throw MedIOError(.badLayout, path: folder.path, context: "no scan of \(self) below this folder")
    }
    let names = Dictionary(grouping: cases, by: \.identifier)
    if let (name, twins) = names.filter({ $0.value.count > 1 }).min(by: { $0.key < $1.key }) {
      throw MedIOError(
        .badLayout, path: folder.path,
        context: "\(twins.count) scans are named \(name): \(twins.map { $0.images[0].path })")
    }
    return VolumeDataset(
      cases, labelMapping: labelMapping, preprocessing: preprocessing, options: readOptions)
  }

  /// How the files are read: voxels that are not finite are refused, and ACDC's voxel sizes are those of `pixdim`.
  ///
  /// Most ACDC files, by report, have an sform of 1 x 1 x 1 mm beside a qform and `pixdim` of the true sizes, such as
  /// 1.5625 x 1.5625 x 10 mm, both with code 1. nibabel's rule, which is this library's default, takes the
  /// sform; resampling to 1.25 mm would then make every image .8 times as large whatever its pixels are. ITK,
  /// nnU-Net and nibabel's own `get_zooms` take `pixdim`, and slices of a cine scan are about 10 mm apart. A file that
  /// is read so says ``MedIOWarning/unusedFormDisagrees(sform:pixdim:)``. What the authors did is not known.
  ///
  /// Another choice is the data set's `options.affineSource`.
  public var readOptions: NIfTIReadOptions {
    NIfTIReadOptions(affineSource: self == .acdc ? .qform : .automatic, nonFinite: .refuse)
  }

  /// The classes of the files' labels.
  public var labelMapping: LabelMapping {
    switch self {
    case .chd: LabelMapping(inOrder: Array(1...7), unlisted: .background)
    case .brats2018: LabelMapping(inOrder: [1, 2, 4])
    case .kits2019: LabelMapping(inOrder: [1, 2])
    case .mmwhs: LabelMapping(inOrder: [205, 420, 500, 550, 600, 820, 850])
    case .acdc: LabelMapping(inOrder: [1, 2, 3])
    case .hvsmr: LabelMapping(inOrder: [1, 2])
    case .chaos: LabelMapping(inOrder: [63, 126, 189, 252])
    case .msdSpleen, .msdHeart: LabelMapping(inOrder: [1])
    case .msdHippocampus: LabelMapping(inOrder: [1, 2])
    }
  }

  /// The side of the square patches, in pixels.
  public var patchSize: Int {
    switch self {
    case .chd, .kits2019, .msdSpleen: 512
    case .brats2018: 192
    case .mmwhs, .chaos: 256
    case .acdc, .hvsmr: 352
    case .msdHeart: 320
    case .msdHippocampus: 32
    }
  }

  /// What is done to a volume before slices are taken.
  ///
  /// The paper's sources do not say what KiTS2019 gets: it is treated as the other CT set for pre-training.
  /// Its files count planes along i, so they are put in canonical order first.
  public var preprocessing: Preprocessing {
    let clipped: [Preprocessing.Step] = [.intensity(.percentileClip(1...99)), .intensity(.zScore())]
    func spacing(plane: Double? = nil, _ inPlane: Double) -> Preprocessing.Step {
      .grid(.spacing(plane: plane, row: inPlane, column: inPlane), interpolation: .cubicSpline)
    }
    return switch self {
    case .chd: Preprocessing(clipped)
    case .kits2019: Preprocessing([.grid(.orientation(.ras))] + clipped)
    case .brats2018: Preprocessing([.intensityOfEachPlane(.minMax())])
    case .acdc: Preprocessing([spacing(1.25), .intensity(.zScore())])
    case .mmwhs: Preprocessing([spacing(plane: 1, 1)] + clipped)
    case .hvsmr: Preprocessing([spacing(plane: 0.7, 0.7)] + clipped)
    case .chaos: Preprocessing([.intensity(.divideByMaximum)])
    case .msdSpleen, .msdHeart, .msdHippocampus: Preprocessing([.intensityOfEachPlane(.minMax())])
    }
  }

  /// The paper's patients; `nil` for the sets that serve pre-training alone and for the Hippocampus set, whose
  /// lists are long: read those with ``DatasetSplit/init(contentsOf:)``.
  public var split: DatasetSplit? {
    switch self {
    case .chd, .brats2018, .kits2019, .msdHippocampus: nil
    case .acdc:
      DatasetSplit(
        tenPercent: [73, 18, 1, 15, 95, 6, 13, 16],
        quarter: [73, 18, 1, 15, 95, 6, 13, 16, 58, 39, 3, 4, 90, 57, 80, 77, 24, 7, 97, 92],
        test: [5, 10, 14, 21, 26, 29, 34, 36, 41, 43, 50, 52, 61, 64, 66, 70, 76, 79, 87, 89])
    case .mmwhs:
      DatasetSplit(
        tenPercent: [1019, 1003], quarter: [1019, 1003, 1002, 1020], test: [1001, 1011, 1013, 1016])
    case .hvsmr: DatasetSplit(tenPercent: [8], quarter: [8, 0], test: [3, 9])
    case .chaos: DatasetSplit(tenPercent: [5, 10], quarter: [5, 10, 1, 8], test: [20, 21, 32, 39])
    case .msdSpleen:
      DatasetSplit(
        tenPercent: [36, 9, 0, 5], quarter: [36, 9, 0, 2, 33, 25, 1, 29],
        test: [6, 7, 10, 11, 13, 17, 24, 26])
    case .msdHeart: DatasetSplit(tenPercent: [18, 2], quarter: [18, 2, 1, 19], test: [0, 10, 12, 15])
    }
  }
}
