import Tensor
import Testing

@Suite struct VoxelSpacingTests {
  @Test func spacing() {
    let spacing = VoxelSpacing(plane: 3, row: 2, column: 1)
    #expect(spacing.rank == 3 && spacing[0] == 3 && spacing[2] == 1)
    #expect(spacing.elementSize == 6)
    #expect("\(spacing)" == "3.0 x 2.0 x 1.0 mm")
    #expect(VoxelSpacing(row: 0.5, column: 0.25).elementSize == 0.125)
  }

  @Test(arguments: [[1.0], [1, 1, 1, 1], [1, 0], [1, -1], [1, .nan], [1, .infinity]])
  func impossibleSpacingsAreRefused(_ values: [Double]) {
    #expect(VoxelSpacing(validating: values) == nil)
  }

  @Test func impossibleValuesTrap() async {
    await #expect(processExitsWith: .failure) { _ = VoxelSpacing(row: 0, column: 1) }
  }
}
