import Autograd
import Contrastive
import Tensor

func contrastiveTour() {
  var generator = PhiloxGenerator(seed: 1)
  let rows = Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [256, 16], using: &generator)
  let embeddings = Variable(rows, requiresGradient: true)
  let classes = Tensor<Int32>(arange: 0, to: 256) / 32  // eight classes of 32 rows
  let loss = SupervisedContrastiveLoss()  // temperature .1, base temperature .07
  let value = loss(embeddings, labels: classes)  // never stores a 256 x 256 matrix
  value.backward()
  print(value.item, embeddings.gradient?.shape ?? [])
}
