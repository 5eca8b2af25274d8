import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct PaddingGradientTests {
  @Test(arguments: [BorderMode<Double>.constant(2), .edge, .reflect, .symmetric])
  func padded(border: BorderMode<Double>) {
    expectGradient(of: "padded", at: [testTensor([3, 5])]) {
      $0[0].padded([.init(before: 4, after: 1), .init(before: 0, after: 7)], border: border)
    }
    expectGradient(of: "padded", at: [testTensor([2, 1, 3, 2])]) {
      $0[0].padded([.none, .init(2), .init(before: 1, after: 0), .none], border: border)
    }
    expectGradient(of: "centerPaddedOrCropped", at: [testTensor([3, 5])]) {
      $0[0].centerPaddedOrCropped(to: [6, 2], border: border)
    }
  }

  @Test func edgesCollectTheirCopies() {
    let x = Variable(Tensor<Double>([1, 2]), requiresGradient: true)
    x.padded([.init(before: 1, after: 2)], border: .edge).backward(
      gradient: Tensor([1, 10, 100, 1000, 10000]))
    #expect(x.gradient == Tensor([11, 11100]))
  }
}
