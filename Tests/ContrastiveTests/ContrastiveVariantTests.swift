import Autograd
import Contrastive
import Tensor
import TestSupport
import Testing

/// Every variant of the contrastive kernels against the exact form in double precision. The choice holds for a process, so
/// each runs in a process of its own.
@Suite struct ContrastiveVariantTests {
  @Test func portableVariants() async {
    await #expect(processExitsWith: .success) { try VariantChecks.run(.portable) }
  }

  @Test(.enabled(if: InstructionSet.avx2.isAvailable)) func avx2Variants() async {
    await #expect(processExitsWith: .success) { try VariantChecks.run(.avx2) }
  }

  @Test(.enabled(if: InstructionSet.avx512.isAvailable)) func avx512Variants() async {
    await #expect(processExitsWith: .success) { try VariantChecks.run(.avx512) }
  }
}

private enum VariantChecks {
  static func run(_ set: InstructionSet) throws {
    set.select()
    #expect(InstructionSet.active == set)
    for (images, dimension) in [(35, 33), (150, 16)] {
      for temperature in [0.1, 0.01] {
        let size = ContrastiveFormulaTests.Size(
          images: images, dimension: dimension, temperature: temperature)
        let tests = ContrastiveFormulaTests()
        try tests.twoViews(size)
        try tests.byLabelsAndByMask(size)
        try tests.referencesApart(size)
        try tests.infoNCE(size)
      }
    }
  }
}
