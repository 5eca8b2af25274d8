public import Tensor

/// Something that a training minimises: its name, the parameters that it moves, and the optimiser that moves them.
///
/// Most tasks have one. Networks that train against one another have several: each backward pass may reach parameters
/// of the others, but moves its own alone.
public struct Objective {
  /// The name in reports and checkpoints: `loss` for the only one.
  public let name: String
  /// The parameters that it moves, with what is special about each group of them.
  public let groups: [ParameterGroup<Float>]
  /// How they are moved.
  public let settings: OptimizerSettings

  /// An objective over groups of parameters.
  public init(name: String = "loss", _ groups: [ParameterGroup<Float>], _ settings: OptimizerSettings) {
    self.name = name
    self.groups = groups
    self.settings = settings
  }

  /// An objective that moves all parameters of a module.
  public init(name: String = "loss", _ module: any Module<Float>, _ settings: OptimizerSettings) {
    self.init(name: name, [ParameterGroup(module.namedParameters)], settings)
  }

  var parameters: [(name: String, parameter: Parameter<Float>)] { groups.flatMap(\.parameters) }

  /// What a resumed training must have, too.
  struct Identity: Encodable {
    let name: String
    let settings: OptimizerSettings
    let groups: [Group]

    struct Group: Encodable {
      let parameters: [String]
      let frozen: [String]
      let learningRateScale: Double
      let weightDecay: Double?
      let fixedLearningRate: Double?
    }
  }

  var identity: Identity {
    Identity(
      name: name, settings: settings,
      groups: groups.map {
        .init(
          parameters: $0.parameters.map(\.name),
          frozen: $0.parameters.filter(\.parameter.isFrozen).map(\.name),
          learningRateScale: $0.learningRateScale,
          weightDecay: $0.weightDecay,
          fixedLearningRate: $0.fixedLearningRate)
      })
  }
}

/// How an objective's parameters are moved: rule, rate over the steps, weight decay, clipping.
public struct OptimizerSettings: Sendable, Hashable, Codable {
  /// The rule of the update.
  public var rule: OptimizerRule
  /// The learning rate of every step.
  public var rate: Schedule
  /// The weight decay of groups that have none of their own; what it does is the rule's matter.
  public var weightDecay: Double
  /// How gradients are limited before an update; `nil` for not at all.
  public var clipping: GradientClipping?

  /// Settings of an optimiser.
  public init(
    _ rule: OptimizerRule, rate: Schedule, weightDecay: Double = 0, clipping: GradientClipping? = nil
  ) {
    self.rule = rule
    self.rate = rate
    self.weightDecay = weightDecay
    self.clipping = clipping
  }

  func optimizer(of groups: [ParameterGroup<Float>]) -> Optimizer<Float> {
    let optimizer = Optimizer(groups, rule, learningRate: rate.value(at: 0), weightDecay: weightDecay)
    optimizer.clipping = clipping
    return optimizer
  }
}
