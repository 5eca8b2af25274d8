public import Foundation
import Tensor

extension Communicator {
  /// Runs `body` on every rank and lets all of them know how it went, so that none goes on alone: when it throws on one rank, all
  /// ranks throw, that rank its own error, the others ``CommunicationError/Code/rankFailed(rank:reason:)`` of the first.
  ///
  /// `body` itself must not speak to the other ranks. For reading files, and whatever else can fail on one rank alone.
  public func agreed<Result>(_ body: () throws -> Result) throws -> Result {
    guard count > 1 else { return try body() }
    let outcome = Swift.Result { try body() }
    let own: Data
    switch outcome {
    case .success: own = Data()
    // The first byte says that there is an error, be its description empty.
    case .failure(let error): own = Data("!\(error)".utf8)
    }
    let all = try exchange(own)
    let result = try outcome.get()
    if let failed = all.firstIndex(where: { !$0.isEmpty }) {
      let reason = String(decoding: all[failed].dropFirst(), as: UTF8.self)
      throw CommunicationError(.rankFailed(rank: failed, reason: reason))
    }
    return result
  }

  /// Runs `body` on rank 0, and when that is done on the others: for what they find made, such as a folder on a shared disk. Fails
  /// on all ranks where it fails on one, as ``agreed(_:)``.
  public func rankZeroFirst<Result>(_ body: () throws -> Result) throws -> Result {
    let first = try agreed { try rank == 0 ? body() : nil }
    let other = try agreed { try rank == 0 ? nil : body() }
    guard let result = first ?? other else { throw CommunicationError(.rankGone(rank: 0)) }
    return result
  }

  /// Compares a JSON document of every rank with rank 0's, field by field.
  ///
  /// - Throws: ``TrainingError/Code/ranksDiffer(rank:field:value:first:)`` on all ranks, of the first rank that differs.
  public func requireEqual(_ document: Data) throws {
    guard count > 1 else { return }
    let all = try exchange(document)
    for (rank, other) in all.enumerated() {
      guard let difference = try SettingsDifference.first(saved: all[0], present: other) else { continue }
      throw TrainingError(
        .ranksDiffer(
          rank: rank, field: difference.field, value: difference.present, first: difference.saved))
    }
  }

  /// The bytes of every rank, whose numbers may differ.
  func exchange(_ own: Data) throws(CommunicationError) -> [Data] {
    let lengths = try gather(Tensor<Int64>([Int64(own.count)])).scalars.map { Int($0) }
    let most = max(lengths.max() ?? 0, 1)
    let padded = try gather(Tensor<UInt8>([UInt8](own) + Array(repeating: 0, count: most - own.count)))
    let bytes = padded.scalars
    return lengths.enumerated().map { rank, length in Data(bytes[rank * most..<rank * most + length]) }
  }

  /// The values of one rank for all; shapes must be equal.
  func broadcastState<Scalar: TensorFloatingPointScalar>(of module: any Module<Scalar>, from rank: Int = 0)
    throws(CommunicationError)
  {
    for member in module.flattenedMembers() {
      switch member {
      case .parameter(_, let parameter): parameter.value = try broadcast(parameter.value, from: rank)
      case .buffer(_, let buffer): buffer.value = try broadcast(buffer.value, from: rank)
      case .counter(_, let counter):
        counter.value = Int(try broadcast(Tensor<Int64>([Int64(counter.value)]), from: rank).scalars[0])
      case .module: continue
      }
    }
  }
}
