import Tensor

func tensorTour() throws {
  var generator = PhiloxGenerator(seed: 1)
  let images = Tensor<Float>(
    normalWithMean: 0, standardDeviation: 1, shape: [8, 64, 64, 1], using: &generator)
  let brighter = (images + 0.5) * 2
  let means = brighter.mean(along: [1, 2])  // [8, 1]
  let half = images.resized(to: [32, 32], interpolation: .area)  // [8, 32, 32, 1]
  let rows = half.reshaped(8, -1)  // shares the buffer
  let similarity = rows.matmul(rows, transposing: .right)  // [8, 8], by OpenBLAS
  try similarity.writeNumPyFile(to: "similarity.npy")
  print(means.shape, similarity.shape)
}
