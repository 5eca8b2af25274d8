import Autograd
import NN
import Tensor

/// Scores 0 and the mean of the window, the same at all its pixels: what tells windows apart in a blend.
final class MeanScores<Scalar: TensorFloatingPointScalar>: Layer {
  var members: [ModuleMember<Scalar>] { [] }

  func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    let shape = input.shape
    let mean = input.value.mean(along: Array(1..<shape.rank))
    let scores = Tensor<Scalar>(shape: TensorShape(shape.dimensions.dropLast() + [2])) { buffer in
      let length = buffer.count / shape[0]
      for index in buffer.indices { buffer[index] = index % 2 == 0 ? 0 : mean.scalars[index / length] }
    }
    return Variable(scores)
  }
}

/// Two equal scores; keeps the first value of every window that it is shown, and the batches' sizes.
final class WindowRecorder: Layer {
  var members: [ModuleMember<Float>] { [] }
  private(set) var firstValues: [Float] = []
  private(set) var batches: [Int] = []

  func callAsFunction(_ input: Variable<Float>) -> Variable<Float> {
    let count = input.shape[0]
    batches.append(count)
    for index in 0..<count { firstValues.append(input.value[index].flattened()[0].item) }
    return Variable(Tensor(zeros: TensorShape(input.shape.dimensions.dropLast() + [2])))
  }
}

/// A network that looks at one pixel at a time, with three classes.
func pointwise<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>(
  _ rank: Rank.Type, _ scalar: Scalar.Type
) -> ConvolutionND<Scalar, Rank> {
  let kernel = TensorShape([Int](repeating: 1, count: Rank.axes) + [1, 3])
  return ConvolutionND(
    weight: Tensor([2, -1, 0.5], shape: kernel), bias: Tensor([0.1, 0.2, -0.3]))
}
