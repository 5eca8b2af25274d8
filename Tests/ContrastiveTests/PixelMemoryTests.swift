import Autograd
import Contrastive
import Tensor
import TestSupport
import Testing

/// ILCP never stores the N x N similarities. N = 8,192 rows (a 64 x 64 map in two views) of 16 channels: a matrix of
/// Float would take 256 MiB, one of bytes 64 MiB. What is counted is the peak of tensor memory during loss and
/// backward beyond the inputs; the bound is N * N / 4 bytes, 16 MiB, so not even a sixteenth of a Float matrix fits.
@Suite struct PixelMemoryTests {
  @Test func lossAndGradientStayFarBelowASquareMatrix() async {
    await #expect(processExitsWith: .success) {
      let peak = try peakBytes { first, second, labels in
        try IntraImageContrastiveLoss()(first, second, superpixels: labels)
      }
      #expect(peak < 8192 * 8192 / 4, "\(peak) bytes beyond the inputs")
    }
  }

  /// By a mask no more: the mask itself, of 64 MiB, is the caller's.
  @Test func aMaskAddsNoMatrix() async {
    await #expect(processExitsWith: .success) {
      let mask = Tensor<Bool>(repeating: true, shape: [8192, 8192])
      for form in [SupervisedContrastiveLoss.Form.outside, .inside] {
        let peak = try peakBytes { first, second, labels in
          let rows = Variable(
            concatenating: [first.reshaped([-1, 16]), second.reshaped([-1, 16])], along: 0)
          return SupervisedContrastiveLoss(form: form)(rows, positives: mask)
        }
        #expect(peak < 8192 * 8192 / 4, "\(peak) bytes beyond the inputs")
      }
    }
  }

  /// Nor does any other loss that compares all rows.
  @Test func noLossStoresAMatrix() async {
    await #expect(processExitsWith: .success) {
      let losses: [(Variable<Float>, Variable<Float>, Tensor<Int32>) -> Variable<Float>] = [
        { a, b, _ in NTXentLoss()(a, b) }, { a, b, _ in DecoupledContrastiveLoss()(a, b) },
        { a, b, _ in HardNegativeContrastiveLoss()(a, b) },
        { a, b, _ in InfoNCELoss()(queries: a, keys: b) },
        { a, b, _ in InfoNCELoss()(queries: a, keys: a, negatives: b) },
        { a, b, labels in
          SupervisedContrastiveLoss(form: .inside)(
            Variable(concatenating: [a, b], along: 0),
            labels: Tensor(concatenating: [labels, labels], along: 0))
        },
        { a, b, labels in
          PairwiseNTXentLoss()(anchors: a, labels: labels, references: b, referenceLabels: labels)
        },
      ]
      for (index, loss) in losses.enumerated() {
        let peak = try peakBytes { first, second, labels in
          loss(first.reshaped([-1, 16]), second.reshaped([-1, 16]), labels.reshaped([-1]))
        }
        // A matrix of 4,096 x 4,096 floats would take 64 MiB.
        #expect(peak < 4096 * 4096, "loss \(index): \(peak) bytes beyond the inputs")
      }
    }
  }

  /// The count sees a square matrix where there is one.
  @Test func theCountSeesASquareMatrix() async {
    await #expect(processExitsWith: .success) {
      let peak = try peakBytes { first, second, labels in
        let rows = Variable(concatenating: [first.reshaped([-1, 16]), second.reshaped([-1, 16])], along: 0)
        return rows.matmul(rows, transposing: .right).logSumExp(along: 1).mean()
      }
      #expect(peak >= 8192 * 8192 * 4, "\(peak) bytes beyond the inputs")
    }
  }
}

private func peakBytes(
  _ loss: (Variable<Float>, Variable<Float>, Tensor<Int32>) throws -> Variable<Float>
) throws -> Int {
  var generator = SplitMix64(seed: 3)
  let views = (0..<2).map { _ in
    leaf(Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [1, 64, 64, 16], using: &generator))
  }
  // 64 squares of 8 x 8 pixels.
  let labels = Tensor<Int32>(shape: [1, 64, 64]) { buffer in
    for index in buffer.indices { buffer[index] = Int32(index / 512 * 8 + index % 64 / 8) }
  }
  TensorMemory.resetPeak()
  let before = TensorMemory.activeBytes
  try loss(views[0], views[1], labels).backward()
  return TensorMemory.peakBytes - before
}
