import Autograd
import NN
import Tensor
import Testing

/// Norms and clipping where squares leave the range of the type.
@Suite struct GradientScaleTests {
  private func parameter<Scalar>(_ gradient: [Scalar]) -> Parameter<Scalar> {
    let parameter = Parameter(Tensor<Scalar>(zeros: [gradient.count]))
    parameter.gradient = Tensor(gradient)
    return parameter
  }

  /// 100 equal gradients g have the norm 10 g, and .1 each after clipping to 1.
  @Test(arguments: [Float(1e20), 3e37, 1e-25, 1e-40])
  func inFloat(_ size: Float) throws {
    let parameters = [
      parameter([Float](repeating: size, count: 60)), parameter([Float](repeating: size, count: 40)),
    ]
    let norm = GradientClipping.gradientNorm(parameters)
    #expect((norm / (10 * Double(size)) - 1).magnitude < 1e-6, "\(norm)")
    GradientClipping.byNorm(1)(parameters)
    for parameter in parameters {
      let expected = size > 1 ? 0.1 : size
      let gradient = try #require(parameter.gradient)
      #expect(gradient.scalars.allSatisfy { ($0 / expected - 1).magnitude < 1e-6 }, "\(gradient.scalars[0])")
    }
  }

  @Test(arguments: [1e200, 1e-200]) func inDouble(_ size: Double) {
    let parameters = [parameter([3 * size, 0]), parameter([4 * size])]
    #expect((GradientClipping.gradientNorm(parameters) / (5 * size) - 1).magnitude < 1e-14)
  }

  /// The norm is beyond Float, its factor below Float's smallest number with all digits.
  @Test func aNormBeyondFloat() throws {
    let large = parameter([Float](repeating: 3e38, count: 10_000))
    #expect((GradientClipping.gradientNorm([large]) / 3e40 - 1).magnitude < 1e-6)
    GradientClipping.byNorm(1)([large])
    #expect(try #require(large.gradient).scalars.allSatisfy { ($0 / 0.01 - 1).magnitude < 1e-5 })
  }

  @Test func withoutGradientsTheNormIsZero() {
    #expect(
      GradientClipping.gradientNorm([Parameter<Float>](repeating: Parameter(Tensor([1])), count: 2)) == 0)
    #expect(GradientClipping.gradientNorm([parameter([Float(0), 0])]) == 0)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func brokenGradientsStayAsTheyAre(_ value: Float)
    throws
  {
    for clip in [GradientClipping<Float>.byNorm(1), GradientClipping<Float>.byValue(1)] {
      let (broken, large) = (parameter([2, value]), parameter([Float(3)]))
      #expect(!GradientClipping.gradientNorm([broken, large]).isFinite)
      clip([broken, large])
      let gradient = try #require(broken.gradient).scalars
      #expect(gradient[0] == 2 && (gradient[1] == value || gradient[1].isNaN && value.isNaN))
    }
  }

  /// LARS at sizes whose squares overflow: `trust |p| / |g|` has no scale of its own.
  @Test func layerwiseRatesHaveNoScale() throws {
    func moved(_ size: Float) throws -> Float {
      let parameter = Parameter(Tensor<Float>([3 * size, 4 * size]))
      parameter.gradient = Tensor([0, 2 * size])
      try LARS(
        [ParameterGroup([(name: "p", parameter: parameter)])], learningRate: 0.1, momentum: 0, trust: 0.01
      ).step()
      return parameter.value.scalars[1] / size
    }
    // 4 - .1 x .01 x 5 / 2 x 2
    for size in [Float(1), 1e20, 1e-25] { #expect((try moved(size) - 3.995).magnitude < 1e-5, "\(size)") }
  }
}
