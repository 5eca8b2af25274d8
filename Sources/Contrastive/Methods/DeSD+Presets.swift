import NN

extension DeSD: PublishedMethod {
  public static var summary: String {
    "several depths of a network predict what its slow copy makes of the other view"
  }
  public static var source: String { "Ye et al., MICCAI 2022" }

  /// The numbers of the released script, with its views on slices.
  public static var original: DeSD { DeSD() }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5. Heads on four depths with norms and 512 outputs, which their table of parameters tells exactly; Tt
  /// .04 throughout, m from .996 and a frozen epoch, as in their options. Their option of clipping each gradient to 3, which
  /// DeSD's own script turns off, is left out (inferred).
  public static func groupProtocol(imageCount: Int) -> DeSD {
    var method = DeSD()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    method.teacherTemperature = TemperatureRamp(constant: 0.04)
    method.outputs = 512
    method.frozenSteps = imageCount / 16
    method.views = .varied(VariedViews())
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 8 by Adam at 3e-4 (SGD at .1 collapsed), 32 outputs, heads of 128
  /// and 32 on three depths, a teacher of m .99 to 1, crops of 64.
  public static var small: DeSD {
    var method = DeSD()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 8)
    method.optimization = OptimizerRecipe(.adam(), rate: 3e-4, weightDecay: 1e-6, decayed: .weights)
    method.teacherTemperature = TemperatureRamp(constant: 0.04)
    method.momentum = TargetMomentum(start: 0.99)
    (method.depths, method.outputs, method.frozenSteps) = (3, 32, 5)
    (method.hiddenFeatures, method.bottleneckFeatures) = (128, 32)
    method.views = .crops(MultiCrop([.init(count: 2, size: 64, area: 0.3...1)], intensity: .moCo))
    return method
  }
}
