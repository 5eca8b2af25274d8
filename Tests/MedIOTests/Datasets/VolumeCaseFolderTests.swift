import Foundation
import MedIO
import Testing

@Suite struct VolumeCaseFolderTests {
  private func folder(_ names: String...) throws -> Scratch {
    let scratch = try Scratch()
    for name in names { try scratch.file(name, [0]) }
    return scratch
  }

  /// Name, images and segmentation of each scan, as paths below the folder.
  private func scans(_ scratch: Scratch) throws -> [String] {
    let root = scratch.url.standardizedFileURL.path + "/"
    func short(_ url: URL) -> String { url.standardizedFileURL.path.replacing(root, with: "") }
    return try VolumeCase.scans(in: scratch.url).map { scan in
      "\(scan.identifier): \(scan.images.map(short).joined(separator: " ")) | \(scan.labels.map(short) ?? "none")"
    }
  }

  @Test func foldersOfImagesAndLabels() throws {
    let scratch = try folder(
      "imagesTr/liver_1.nii.gz", "imagesTr/liver_2.nii", "labelsTr/liver_1.nii.gz",
      "imagesTr/._liver_1.nii.gz")
    #expect(
      try scans(scratch) == [
        "liver_1: imagesTr/liver_1.nii.gz | labelsTr/liver_1.nii.gz", "liver_2: imagesTr/liver_2.nii | none",
      ])
  }

  @Test func channelsOfOneScanAreItsImages() throws {
    let scratch = try folder("imagesTr/a_0001.nii.gz", "imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz")
    #expect(
      try scans(scratch) == ["a: imagesTr/a_0000.nii.gz imagesTr/a_0001.nii.gz | labelsTr/a.nii.gz"])
  }

  @Test(arguments: [
    ("ct_1_image.nii.gz", "ct_1_label.nii.gz", "ct_1"), ("pat0.nii", "pat0-label.nii", "pat0"),
    ("p1_frame01.nii.gz", "p1_frame01_gt.nii.gz", "p1_frame01"), ("x.nii", "x.seg.nii", "x"),
    ("deep/er/x.nii", "deep/er/x_Mask.nii.gz", "deep/er/x"),
    ("ct.nii.gz", "labels.nii.gz", "ct"), ("case_0/imaging.nii.gz", "case_0/segmentation.nii.gz", "case_0"),
  ])
  func filesSideBySide(image: String, labels: String, name: String) throws {
    #expect(try scans(folder(image, labels)) == ["\(name): \(image) | \(labels)"])
  }

  @Test func scansOfOnePatientHaveOneKey() throws {
    let scratch = try folder(
      "patient001_frame01.nii", "patient001_frame12.nii", "patient010_frame01.nii", "sub-2_ses-01_T1w.nii",
      "sub-2_ses-02_T1w.nii", "liver_1.nii", "liver_2.nii")
    let cases = try VolumeCase.scans(in: scratch.url)
    #expect(cases.map(\.identifier).count == 7)
    #expect(cases.map(\.key) == [0, 1, 2, 2, 3, 4, 4])
  }

  @Test(arguments: [
    ([String](), MedIOError.Code.badLayout), (["a_label.nii"], .missingFile), (["labels.nii"], .missingFile),
    (["a.nii", "b.nii", "labels.nii"], .badLayout), (["a.nii", "a.nii.gz"], .badLayout),
    (["a.nii", "a_seg.nii", "a_gt.nii"], .badLayout), (["labelsTr/a.nii", "imagesTr/b.nii"], .missingFile),
  ])
  func whatDoesNotPairIsNamed(files: [String], expected: MedIOError.Code) throws {
    let scratch = try Scratch()
    for name in files { try scratch.file(name, [0]) }
    #expect(try code { _ = try VolumeCase.scans(in: scratch.url) } == expected)
  }

  @Test func aFolderThatIsNotThere() throws {
    #expect(try code { _ = try VolumeCase.scans(in: URL(filePath: "/nowhere")) } == .notFound)
  }
}
