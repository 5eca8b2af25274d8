import MedIO
import Tensor
import Testing

/// The orientations of nibabel 5.4.2 in medio.json.
struct OrientationCase: Decodable, CustomTestStringConvertible {
  let name, axcodes: String
  let affine, canonical_affine: [[Double]]
  let zooms: [Double]
  let data_c_order, canonical_data_c_order: [Double]
  let shape, canonical_shape: [Int]
  var testDescription: String { name }

  static var all: [OrientationCase] {
    struct File: Decodable { let orientation: [OrientationCase] }
    return (try? json(File.self, "medio.json").orientation) ?? []
  }

  /// A tensor [k, j, i] of values in the order (i, j, k) with k fastest.
  static func tensor(_ values: [Double], _ shape: [Int]) -> Tensor<Float> {
    Tensor(shape: [shape[2], shape[1], shape[0]]) { buffer in
      for i in 0..<shape[0] {
        for j in 0..<shape[1] {
          for k in 0..<shape[2] {
            buffer[(k * shape[1] + j) * shape[0] + i] = Float(values[(i * shape[1] + j) * shape[2] + k])
          }
        }
      }
    }
  }
}

@Suite struct AnatomicalOrientationTests {
  @Test func referenceCasesAreThere() { #expect(OrientationCase.all.count == 7) }

  @Test(arguments: OrientationCase.all)
  func namesAxesAsNibabelDoes(_ reference: OrientationCase) throws {
    let affine = VoxelAffine(rows: reference.affine)
    #expect(AnatomicalOrientation(nearest: affine).description == reference.axcodes)
    #expect(zip(affine.voxelSizes, reference.zooms).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test(arguments: OrientationCase.all)
  func canonicalVolumeIsNibabels(_ reference: OrientationCase) throws {
    let volume = Volume(
      voxels: OrientationCase.tensor(reference.data_c_order, reference.shape),
      affine: VoxelAffine(rows: reference.affine))
    let canonical = volume.reoriented(to: .ras)
    #expect(canonical.affine.isClose(to: VoxelAffine(rows: reference.canonical_affine), tolerance: 1e-12))
    let expected = OrientationCase.tensor(reference.canonical_data_c_order, reference.canonical_shape)
    #expect(canonical.voxels == expected)
    let back = canonical.reoriented(to: volume.orientation)
    #expect(back.voxels == volume.voxels)
    #expect(back.affine.isClose(to: volume.affine, tolerance: 1e-12))
  }

  @Test func seriesAndColorsMoveWhole() throws {
    // Two frames of 1 x 1 x 2 voxels with three components: flipping i swaps the voxels, not the components.
    let values: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    let volume = Volume(
      voxels: Tensor(values, shape: [2, 1, 1, 2, 3]), affine: VoxelAffine(diagonal: -1, 1, 1),
      componentCount: 3)
    let flipped = volume.reoriented(to: .ras)
    #expect(flipped.voxels.scalars == [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9])
    #expect(flipped.affine.translation == [-1, 0, 0])
  }

  @Test(arguments: ["RAS", "lps", "SAR"]) func readsCodes(_ code: String) {
    #expect(AnatomicalOrientation(code)?.description == code.uppercased())
  }

  @Test(arguments: ["", "RA", "RRS", "RLS", "RASA", "XYZ"]) func refusesCodes(_ code: String) {
    #expect(AnatomicalOrientation(code) == nil)
  }
}
