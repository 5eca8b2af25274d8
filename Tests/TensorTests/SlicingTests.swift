import Tensor
import Testing

/// The tensor 0, 1, 2, ... of a shape.
func counting<Scalar: TensorNumericScalar>(_ shape: TensorShape, as _: Scalar.Type = Scalar.self) -> Tensor<
  Scalar
> {
  Tensor(shape: shape) { buffer in
    for index in buffer.indices { buffer[index] = Scalar(converting: Double(index)) }
  }
}

@Suite struct SlicingTests {
  @Test func takesRangesAndSteps() {
    let x = counting([6], as: Int32.self)
    #expect(x.sliced(along: 0, 1..<6, step: 2).scalars == [1, 3, 5])
    #expect(x.sliced(along: 0, 1..<6, step: -2).scalars == [5, 3, 1])
    #expect(x.sliced(along: -1, 4...).scalars == [4, 5])
    #expect(x.sliced(along: 0, ...1).scalars == [0, 1])
    #expect(x.sliced(along: 0, ..<5, step: -1).scalars == [4, 3, 2, 1, 0])
    #expect(x.sliced(along: 0, 0..<6, step: 4).scalars == [0, 4])
    #expect(x.sliced(along: 0, 3..<3).shape == [0])
    #expect(x.sliced(along: 0, 3..<3, step: -1).shape == [0])
  }

  @Test func slicesInnerAxes() {
    let x = counting([2, 3, 4], as: Int32.self)
    #expect(
      x.sliced(along: 1, 1..<3)
        == Tensor([4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23], shape: [2, 2, 4]))
    #expect(
      x.sliced(along: 2, 0..<4, step: -3)
        == Tensor([3, 0, 7, 4, 11, 8, 15, 12, 19, 16, 23, 20], shape: [2, 3, 2]))
    #expect(x.selected(along: 1, at: 2) == Tensor([8, 9, 10, 11, 20, 21, 22, 23], shape: [2, 4]))
    #expect(x.cropped(to: [1..<2, 0..<2, 1..<3]) == Tensor([13, 14, 17, 18], shape: [1, 2, 2]))
  }

  @Test(arguments: [[5], [3, 1], [1, 7], [2, 3, 5], [4, 33, 2], [2, 3, 4, 5]])
  func agreesWithIndexing(lengths: [Int]) {
    let x = counting(TensorShape(lengths), as: Int16.self)
    for axis in lengths.indices {
      for step in [1, 2, -1, -3] {
        let part = x.sliced(along: axis, 0..<lengths[axis], step: step)
        var expected: [Int16] = []
        let first = step > 0 ? 0 : lengths[axis] - 1
        forEachIndex(part.shape) { index in
          var source = index
          source[axis] = first + index[axis] * step
          expected.append(x[source])
        }
        #expect(part.scalars == expected, "axis \(axis), step \(step)")
      }
    }
  }

  @Test func sharesTheBufferAlongTheFirstAxis() {
    let x = counting([4, 8], as: Float.self)
    let address = x.withUnsafeBufferPointer { $0.baseAddress }
    let part = x.sliced(along: 0, 0..<2)
    #expect(part.withUnsafeBufferPointer { $0.baseAddress } == address)
  }

  @Test func flips() {
    let x = counting([2, 3], as: UInt8.self)
    #expect(x.flipped(along: 0).scalars == [3, 4, 5, 0, 1, 2])
    #expect(x.flipped(along: 1).scalars == [2, 1, 0, 5, 4, 3])
    #expect(x.flipped(along: 0, -1).scalars == [5, 4, 3, 2, 1, 0])
    #expect(x.flipped(along: 1).flipped(along: 1) == x)
    #expect(Tensor<Float>(zeros: [0, 3]).flipped(along: 0).shape == [0, 3])
  }

  @Test func replacesSlices() {
    var x = Tensor<Double>(zeros: [2, 4])
    let copy = x
    x.replace(along: 1, 0..<4, step: -2, with: Tensor([1, 2, 3, 4], shape: [2, 2]))
    #expect(x.scalars == [0, 2, 0, 1, 0, 4, 0, 3])
    #expect(copy == Tensor(zeros: [2, 4]))
    x.replaceBox(at: [1, 1], with: Tensor([7, 8], shape: [1, 2]))
    #expect(x.scalars == [0, 2, 0, 1, 0, 7, 8, 3])
    #expect(copy.replacing(along: 0, 1..<2, with: Tensor(ones: [1, 4])).scalars == [0, 0, 0, 0, 1, 1, 1, 1])
  }

  @Test func replacingWithItsOwnSliceChangesNothing() {
    let x = counting([3, 4, 5], as: Int64.self)
    #expect(x.replacing(along: 1, 1..<4, step: 2, with: x.sliced(along: 1, 1..<4, step: 2)) == x)
  }

  @Test func rangesOutsideTrap() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [2, 3]).sliced(along: 1, 1..<4) }
    await #expect(processExitsWith: .failure) {
      var x = Tensor<Float>(zeros: [2, 3])
      x.replace(along: 1, 0..<2, with: Tensor(zeros: [2, 3]))
    }
  }
}

/// Calls `body` with every index of a shape in row-major order.
func forEachIndex(_ shape: TensorShape, _ body: ([Int]) -> Void) {
  for offset in 0..<shape.elementCount {
    var rest = offset
    body(
      shape.strides.map { stride in
        defer { rest %= stride }
        return rest / stride
      })
  }
}
