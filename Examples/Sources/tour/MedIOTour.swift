import Foundation
import MedIO
import Tensor

func medicalFilesTour() throws {
  let ct = try NIfTI.read(Float.self, from: URL(filePath: "ct.nii.gz"))  // HU, [depth, height, width]
  print(ct.orientation, ct.spacing, ct.warnings)
  let canonical = ct.reoriented(to: .ras)
  let bone = LabelMap(Tensor(mask: canonical.voxels .> 300))
  let prediction = Volume(labels: bone, like: canonical).reoriented(to: ct.orientation)
  try NIfTI.write(prediction, to: URL(filePath: "bone.nii.gz"))  // whole or not at all
  let organs = try NIfTI.readLabels(from: URL(filePath: "labels.nii.gz"))
  print(organs.grid.matches(ct.grid), organs.warnings)
}
