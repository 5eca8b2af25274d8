import Tensor
import Testing

/// Properties of k x 3 x 3 convolutions in Winograd's domain: single planes, NaN, working memory, empty volumes.
@Suite(.serialized) struct ConvolutionFastVolumeEdgeTests {
  /// A volume's slice is computed as an image would be, so that a kernel with one plane of weights gives the bits of
  /// the 2-D convolution of that plane's slice.
  @Test func onePlaneOfWeightsIsTheImage() {
    let x: Tensor<Float> = testValues([1, 5, 10, 9, 16], seed: 1)
    let plane: Tensor<Float> = testValues([3, 3, 16, 20], seed: 2)
    let zeros = Tensor<Float>(zeros: [1, 3, 3, 16, 20])
    for tap in 0..<3 {
      let planes = (0..<3).map { $0 == tap ? plane.expanded(at: 0) : zeros }
      let y = x.conv3D(Tensor(concatenating: planes, along: 0), padding: 1)
      for z in 0..<5 {
        let source = z + tap - 1
        let expected =
          (0..<5).contains(source)
          ? x[0][source].expanded(at: 0).conv2D(plane, padding: 1) : Tensor<Float>(zeros: [1, 10, 9, 20])
        #expect(y[0][z].expanded(at: 0) == expected, "tap \(tap), slice \(z)")
      }
    }
  }

  /// A NaN reaches the tiles that see it in the slices that read it, and no other slice, with zeros of padding or
  /// without.
  @Test func nonFiniteValuesPass() {
    for (depth, slice) in [(6, 2), (6, 0), (2, 1)] {
      var volume = Tensor<Float>(ones: [1, depth, 16, 16, 16])
      volume[0, slice, 5, 5, 3] = .nan
      let weight = Tensor<Float>(ones: [3, 3, 3, 16, 16])
      let (fast, exact) = (
        volume.conv3D(weight, padding: 1), volume.conv3D(weight, padding: 1, algorithm: .exact)
      )
      for z in 0..<depth {
        for (row, column) in [(5, 5), (4, 6), (7, 7), (4, 4), (3, 5), (8, 8), (0, 0)] {
          let readsNaN = abs(z - slice) <= 1 && abs(row - 5) <= 1 && abs(column - 5) <= 1
          let inTile = abs(z - slice) <= 1 && row / 4 == 1 && column / 4 == 1
          #expect(exact[0, z, row, column, 7].isNaN == readsNaN, "\(z), \(row), \(column)")
          // The tile of rows and columns 4...7 alone reads (5, 5).
          #expect(fast[0, z, row, column, 7].isNaN == inTile, "\(z), \(row), \(column)")
        }
      }
    }
  }

  /// Working memory does not grow with the volume: transformed as a whole, this one would take 22 MiB. In a process of
  /// its own, as the counters are those of all tests.
  @Test func workingMemoryIsBounded() async {
    await #expect(processExitsWith: .success) {
      ComputeThreads.count = 1
      let x = Tensor<Float>(zeros: [1, 48, 48, 48, 24])
      let weight = Tensor<Float>(zeros: [3, 3, 3, 24, 24])
      func workingMemory(_ body: () -> Tensor<Float>) -> Int {
        TensorMemory.resetPeak()
        let before = TensorMemory.activeBytes
        let result = body()
        return TensorMemory.peakBytes - before - result.elementCount * 4
      }
      #expect(workingMemory { x.conv3D(weight, padding: 1) } < 8 << 20)
      #expect(workingMemory { x.conv3DDataGradient(weight, inputShape: x.shape, padding: 1) } < 8 << 20)
      // Eight groups of sums, of 27/9 x 36 x 24 x 32 floats each, beside.
      #expect(workingMemory { x.conv3DWeightGradient(x, kernelSize: 3, padding: 1) } < 12 << 20)
    }
  }

  @Test func emptyShapes() {
    let weight = Tensor<Float>(ones: [3, 3, 3, 16, 32])
    for algorithm in [ConvolutionAlgorithm.fast, .exact] {
      #expect(
        Tensor<Float>(zeros: [0, 4, 8, 8, 16]).conv3D(weight, padding: 1, algorithm: algorithm).shape
          == [0, 4, 8, 8, 32])
      #expect(
        Tensor<Float>(ones: [1, 2, 5, 5, 16]).conv3D(weight, algorithm: algorithm).shape == [1, 0, 3, 3, 32])
      #expect(
        Tensor<Float>(zeros: [1, 2, 5, 5, 16]).conv3DWeightGradient(
          Tensor(zeros: [1, 0, 3, 3, 32]), kernelSize: 3, algorithm: algorithm)
          == Tensor(zeros: [3, 3, 3, 16, 32]))
      #expect(
        Tensor<Float>(zeros: [1, 0, 3, 3, 32]).conv3DDataGradient(
          weight, inputShape: [1, 2, 5, 5, 16], algorithm: algorithm) == Tensor(zeros: [1, 2, 5, 5, 16]))
      // No slice of the input is read: the bias alone.
      #expect(
        Tensor<Float>(ones: [1, 0, 4, 4, 16]).conv3D(
          weight, bias: Tensor(repeating: 2, shape: [32]), padding: [2, 1, 1], algorithm: algorithm)
          == Tensor(repeating: 2, shape: [1, 2, 4, 4, 32]))
    }
  }
}
