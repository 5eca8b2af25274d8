public import Foundation
import Tensor

extension TrainingLoop {
  /// Writes everything that the training goes on from, so that the file is whole at any moment: the state of the task
  /// under `state`, the moments of each objective's optimiser under `optimizer.NAME`, and as text fields the step, the
  /// plateau, the scores, a report that waits for its score, and all settings.
  ///
  /// Its size is that of the weights and the moments; the reports of the steps are in the log beside it.
  public func write(to url: URL) throws(CheckpointError) {
    var file = TrainingCheckpoint()
    file.add(task.state.state(), under: "state")
    for (objective, optimizer) in zip(objectives, optimizers) {
      file.add(optimizer.memory.state(), under: "optimizer.\(objective.name)")
    }
    file.fields["step"] = "\(step)"
    try file.encode(savedRanks, as: "ranks", path: url.path)
    try file.encode(identity, as: "settings", path: url.path)
    try file.encode(record, as: "scores", path: url.path)
    if let unscored { try file.encode(unscored, as: "unscored", path: url.path) }
    if let plateau { try file.encode(plateau, as: "plateau", path: url.path) }
    try file.write(to: url)
  }

  /// Goes back to the state that a checkpoint holds. Settings, recipe, objectives with what is frozen of them, sampler, the
  /// number of examples and the plateau's constants must be those of the training that wrote it, and are compared; that the
  /// examples are the same is up to the caller.
  ///
  /// The number of ranks, and how they share, may be others: the training goes on with the same images that are left of the
  /// epoch, and its first report says what differs. Its bits are then no longer those of the unbroken one. Every rank resumes by
  /// itself, from the same file or a copy of it; ``run(checkpoint:validation:progress:)`` gives all of them rank 0's state.
  ///
  /// - Throws: ``CheckpointError``; the loop is then as before. `incompatible` names the first setting that differs, with
  ///   the saved and the present value.
  public func resume(from url: URL, policy: ResumePolicy = .exact) throws(CheckpointError) {
    let file = try TrainingCheckpoint(contentsOf: url)
    let saved = try savedRanks(in: file, path: url.path)
    try compareSettings(of: file, policy: policy, path: url.path)
    let hasPlateau = file.fields["plateau"] != nil
    guard hasPlateau == (plateau != nil) else {
      throw CheckpointError(
        .incompatible, path: url.path, field: "plateau",
        context: "plateau: \(hasPlateau ? "a schedule" : "none") in the file, "
          + "\(hasPlateau ? "none" : "a schedule") in this training")
    }
    let plateau = hasPlateau ? try file.decode(PlateauSchedule.self, from: "plateau", path: url.path) : nil
    if let plateau, let present = self.plateau, !plateau.hasConstants(of: present) {
      throw CheckpointError(
        .incompatible, path: url.path, field: "plateau",
        context: "plateau is \(plateau) in the file and \(present) in this training")
    }
    let record = try file.decode(ValidationRecord.self, from: "scores", path: url.path)
    let unscored =
      file.fields["unscored"] == nil
      ? nil : try file.decode(TrainingLog.Entry.self, from: "unscored", path: url.path)
    guard let step = file.fields["step"].flatMap({ Int($0) }), step >= 0, step <= task.recipe.steps else {
      throw CheckpointError(
        .incompatible, path: url.path, field: "step",
        context: "step \(file.fields["step"] ?? "none") of \(task.recipe.steps)")
    }
    var memories: [OptimizerMemory<Float>] = []
    for (objective, optimizer) in zip(objectives, optimizers) {
      let memory = try OptimizerMemory<Float>(file.section("optimizer.\(objective.name)"), path: url.path)
      try memory.checkShapes(of: optimizer.groups, path: url.path)
      memories.append(memory)
    }
    try task.state.load(file.section("state"), path: url.path)
    for (optimizer, memory) in zip(optimizers, memories) { optimizer.memory = memory }
    self.plateau = plateau
    self.record = record
    self.unscored = unscored
    self.step = step
    resumeNotes = saved.differences(from: savedRanks)
  }

  private func compareSettings(
    of file: TrainingCheckpoint, policy: ResumePolicy, path: String
  ) throws(CheckpointError) {
    var present = TrainingCheckpoint()
    try present.encode(identity, as: "settings", path: path)
    var saved = file.fields["settings"] ?? ""
    let here = present.fields["settings"] ?? ""
    if policy == .withOtherSteps { saved = withSteps(saved) ?? saved }
    let difference: SettingsDifference?
    do {
      difference = try SettingsDifference.first(saved: Data(saved.utf8), present: Data(here.utf8))
    } catch {
      throw CheckpointError(
        .incompatible, path: path, field: "settings", context: "field 'settings' is missing or broken")
    }
    if let difference {
      throw CheckpointError(
        .incompatible, path: path, field: difference.field,
        context:
          "\(difference.field) is \(difference.saved) in the file and \(difference.present) in this training")
    }
  }

  /// The saved settings with this training's number of steps, in the recipe and in schedules that span the training: those
  /// whose steps differ by as many as the recipe's do.
  private func withSteps(_ saved: String) -> String? {
    guard let fields = try? JSONSerialization.jsonObject(with: Data(saved.utf8)) as? [String: Any],
      let present = try? JSONSerialization.jsonObject(with: JSONEncoder.forTraining.encode(identity)),
      let recipe = fields["recipe"] as? [String: Any], let steps = recipe["steps"] as? Int
    else { return nil }
    let more = task.recipe.steps - steps
    func replaced(_ saved: Any, by present: Any) -> Any {
      if var fields = saved as? [String: Any], let others = present as? [String: Any] {
        for (name, value) in fields {
          guard let other = others[name] else { continue }
          if name == "steps", let old = value as? Int, let new = other as? Int, new - old == more {
            fields[name] = new
          } else {
            fields[name] = replaced(value, by: other)
          }
        }
        return fields
      }
      if let values = saved as? [Any], let others = present as? [Any], values.count == others.count {
        return zip(values, others).map { replaced($0, by: $1) }
      }
      return saved
    }
    let data = try? JSONSerialization.data(withJSONObject: replaced(fields, by: present))
    return data.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Everything that a resumed training must have, too.
  var identity: TrainingIdentity<Task.Settings> {
    TrainingIdentity(
      task: "\(Task.self)", settings: task.settings, recipe: task.recipe,
      objectives: objectives.map(\.identity), examples: exampleCount, sampler: samplerIdentity)
  }
}

/// What a training is, for comparison on resume.
struct TrainingIdentity<Settings: Encodable>: Encodable {
  let task: String
  let settings: Settings
  let recipe: TrainingRecipe
  let objectives: [Objective.Identity]
  let examples: Int
  let sampler: SamplerIdentity
}

/// A sampler's type and values; of long ones a hash.
struct SamplerIdentity: Encodable {
  let type: String
  let values: String

  init(_ sampler: some Sampler) throws {
    type = "\(Swift.type(of: sampler))"
    let json = try JSONEncoder.forTraining.encode(sampler)
    values =
      json.count <= 1000
      ? String(decoding: json, as: UTF8.self)
      : String(
        json.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 16)
  }
}
