import Foundation
import Tensor

extension TrainingLoop {
  /// Everything that all ranks must have, as JSON.
  func identityOfRank() throws -> Data {
    try JSONEncoder.forTraining.encode(RankIdentity(training: identity, sharing: sharing, ranks: ranks.count))
  }

  var savedRanks: SavedRanks { SavedRanks(count: ranks.count, sharing: sharing) }

  /// The ranks that wrote a checkpoint; those before ranks were saved are of one process.
  func savedRanks(in file: TrainingCheckpoint, path: String) throws(CheckpointError) -> SavedRanks {
    guard file.fields["ranks"] != nil else { return SavedRanks(count: 1, sharing: sharing) }
    return try file.decode(SavedRanks.self, from: "ranks", path: path)
  }

  /// Runs what can fail on this rank alone: the others are told, and do not wait.
  func alone<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as CommunicationError {
      throw error
    } catch {
      ranks.communicator.leave("\(error)")
      throw error
    }
  }

  /// Gives all ranks rank 0's state. Steps and moments must be equal: they are where all resumed from one checkpoint.
  func shareStart() throws {
    guard ranks.count > 1 else { return }
    if let (rank, step, first) = try differing(Int64(step)) {
      throw TrainingError(.ranksDiffer(rank: rank, field: "step", value: "\(step)", first: "\(first)"))
    }
    try ranks.communicator.broadcastState(of: task.state)
    for (objective, optimizer) in zip(objectives, optimizers) {
      if let (rank, _, _) = try differing(optimizer.memory.checksum) {
        throw TrainingError(
          .ranksDiffer(
            rank: rank, field: "optimizer.\(objective.name)", value: "another state",
            first: "the one it resumed from"))
      }
    }
  }

  /// Compares the parameters of all ranks by a checksum: engines are trusted to give the same sums to all, and asked now and then.
  func checkEqualWeights() throws {
    guard ranks.count > 1 else { return }
    var sum = Checksum()
    for objective in objectives {
      for (_, parameter) in objective.parameters { sum.add(parameter.value) }
    }
    if let (rank, _, _) = try differing(sum.value) {
      throw TrainingError(.weightsDiffer(rank: rank, step: step))
    }
  }

  /// The first rank whose value is not rank 0's, with both values.
  private func differing<Value: TensorScalar & Equatable>(
    _ own: Value
  ) throws(CommunicationError) -> (rank: Int, value: Value, first: Value)? {
    let all = try ranks.communicator.gather(Tensor([own])).scalars
    return all.firstIndex { $0 != all[0] }.map { ($0, all[$0], all[0]) }
  }

  /// What rank 0 decides after a step: a score, and whether the training stops. Errors of its report end all.
  func decided(_ decide: () throws -> Decision) throws -> Decision {
    guard ranks.count > 1 else { return try decide() }
    let own = ranks.rank == 0 ? try alone(decide) : Decision(control: .proceed, score: nil)
    let values: [Double] = [
      own.control == .stop ? 1 : 0, own.score == nil ? 0 : 1, own.score ?? 0, own.waitsForScore ? 1 : 0,
    ]
    let shared = try ranks.communicator.broadcast(Tensor(values), from: 0).scalars
    // The report may have told the schedule a score.
    if let plateau {
      let states = try ranks.communicator.exchange(JSONEncoder.forTraining.encode(plateau))
      self.plateau = try JSONDecoder.forTraining.decode(PlateauSchedule.self, from: states[0])
    }
    return Decision(
      control: shared[0] == 1 ? .stop : .proceed, score: shared[1] == 1 ? shared[2] : nil,
      waitsForScore: shared[3] == 1)
  }

  struct Decision {
    let control: TrainingControl
    let score: Double?
    /// The validation was stopped: the step is done, its report waits for the score.
    var waitsForScore = false
  }
}

private struct RankIdentity<Settings: Encodable>: Encodable {
  let training: TrainingIdentity<Settings>
  let sharing: RankSharing
  let ranks: Int
}

/// The ranks of the training that wrote a checkpoint.
struct SavedRanks: Codable {
  let count: Int
  let sharing: RankSharing

  /// What is no longer as it was, a sentence each.
  func differences(from present: SavedRanks) -> [String] {
    var notes: [String] = []
    if count != present.count {
      notes.append(
        "the checkpoint is of \(count) ranks, this training has \(present.count): the same images are left of the epoch, "
          + "and sums are rounded otherwise")
    }
    guard count > 1 || present.count > 1 else { return notes }
    if sharing.norms != present.sharing.norms {
      notes.append(
        "norms took the statistics \(sharing.norms.rawValue), and now take them \(present.sharing.norms.rawValue)"
      )
    } else if count != present.count, sharing.norms == .ofEachRank {
      notes.append("norms take the statistics of each rank's images, which are now another number")
    }
    if sharing.ends != present.sharing.ends {
      notes.append("uneven ends were \(sharing.ends.rawValue), and now are \(present.sharing.ends.rawValue)")
    }
    return notes
  }
}
