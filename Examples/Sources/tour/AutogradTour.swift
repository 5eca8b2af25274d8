import Autograd
import Tensor

func autogradTour() {
  let weight = Variable(Tensor<Double>([1, 2, 3]), requiresGradient: true)
  let loss = (weight * weight).sum().log()
  loss.backward()
  print(weight.gradient ?? Tensor([]))  // 2 w / sum of w^2
  var generator = PhiloxGenerator(seed: 1)
  let check = GradientCheck().run(at: [weight.value], using: &generator) { ($0[0] * $0[0]).sum().log() }
  print(check)  // gradient agrees (relative error ...)
}
