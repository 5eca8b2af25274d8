import Contrastive
import NN
import Tensor
import TestSupport
import Testing

@Suite struct OutputCenterTests {
  /// Half of (0, 4) and half of the mean of (1, 2) and (3, 6).
  @Test func itMovesTowardsTheMeanOfTheRows() {
    let center = OutputCenter<Double>(outputs: 2)
    center.mean.value = Tensor([0, 4])
    center.move(towards: Tensor(rows: [[1, 2], [3, 6]]), momentum: 0.5)
    #expect(center.mean.value == Tensor([1, 4]))
    center.move(towards: Tensor(zeros: [0, 2]), momentum: 0.5)
    #expect(center.mean.value == Tensor([1, 4]), "no rows move nothing")
    // .9 of (1, 4) and .1 of (11, 24).
    center.move(towards: Tensor(rows: [[11, 24]]), momentum: 0.9)
    #expect(center.mean.value.maximumAbsoluteDifference(to: Tensor([2, 6])) <= 1e-12)
    #expect(center.parameters.isEmpty && center.namedBuffers.map(\.name) == ["mean"])
  }

  /// Outputs that are the center are told nothing about; a low temperature takes the largest.
  @Test func codesAreTheSoftmaxOfWhatIsAboveTheCenter() {
    let center = OutputCenter<Double>(outputs: 2)
    center.mean.value = Tensor([5, -5])
    let even = center.codes(of: Tensor(rows: [[5, -5]]), temperature: 0.04)
    #expect(even.maximumAbsoluteDifference(to: Tensor(rows: [[0.5, 0.5]])) <= 1e-12)
    let sharp = center.codes(of: Tensor(rows: [[5, -4]]), temperature: 0.01)
    #expect(sharp.maximumAbsoluteDifference(to: Tensor(rows: [[0, 1]])) <= 1e-12)
  }
}
