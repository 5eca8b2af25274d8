import Tensor

extension TrainingLoop {
  /// What is trained must be saved, and under a name of its own.
  static func check(
    _ state: any Module<Float>, keeps objectives: [Objective]
  ) throws(TrainingError) {
    var names: Set<String> = []
    let saved = state.namedParameters
    for (name, _) in saved where !names.insert(name).inserted {
      throw TrainingError(
        .badSetting(field: "state", value: name, reason: "two parameters have this name"))
    }
    let known = Set(saved.map { ObjectIdentifier($0.parameter) })
    for (name, parameter) in objectives.flatMap(\.parameters)
    where !known.contains(ObjectIdentifier(parameter)) {
      throw TrainingError(
        .badSetting(
          field: "state", value: name, reason: "an objective moves this parameter, and no checkpoint holds it"
        ))
    }
  }

  static func check(_ objectives: [Objective]) throws(TrainingError) {
    guard !objectives.isEmpty else {
      throw TrainingError(
        .badSetting(field: "objectives", value: "[]", reason: "a training needs at least one"))
    }
    var owners: [ObjectIdentifier: String] = [:]
    var names: Set<String> = []
    for objective in objectives {
      guard names.insert(objective.name).inserted else {
        throw TrainingError(
          .badSetting(field: "objectives", value: objective.name, reason: "two objectives have this name"))
      }
      let parameters = objective.parameters
      // Moments and checkpoints know a parameter by its name.
      let counts = Dictionary(parameters.map { ($0.name, 1) }, uniquingKeysWith: +)
      if let twice = counts.filter({ $0.value > 1 }).keys.min() {
        throw TrainingError(
          .badSetting(
            field: "objectives.\(objective.name)", value: twice, reason: "two parameters have this name"))
      }
      guard !parameters.isEmpty else {
        throw TrainingError(.nothingToTrain(objective: objective.name, reason: "it has no parameters"))
      }
      guard parameters.contains(where: { !$0.parameter.isFrozen }) else {
        throw TrainingError(
          .nothingToTrain(
            objective: objective.name, reason: "all \(parameters.count) parameters are frozen"))
      }
      for (name, parameter) in parameters {
        if let owner = owners.updateValue(objective.name, forKey: ObjectIdentifier(parameter)) {
          throw TrainingError(
            .badSetting(
              field: "objectives", value: name,
              reason: "a parameter is moved once a step, and '\(owner)' and '\(objective.name)' both do"))
        }
      }
    }
  }
}
