public import Tensor

/// What a program adds to every step of a loop, beside its task.
///
///     loop.hooks.beforeUpdate.append { parameters, moment in
///       for (name, parameter) in parameters where name.hasPrefix("encoder.") { ... parameter.gradient ... }
///     }
public struct TrainingHooks {
  /// Called in order when all gradients are there, before clipping and update, with every parameter of every objective,
  /// those without a gradient included. What one throws ends the training with no
  /// weight or moment changed; running statistics of norms have seen the batch.
  public var beforeUpdate: [Hook] = []
  /// Called in order behind the update.
  public var afterUpdate: [Hook] = []

  /// A function of the named parameters and of the place in the training.
  public typealias Hook = (
    _ parameters: [(name: String, parameter: Parameter<Float>)], _ moment: TrainingMoment
  ) throws -> Void

  /// No hooks.
  public init() {}
}
