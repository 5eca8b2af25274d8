import Foundation
public import NN
import Tensor

#if canImport(COpenMPI)
  internal import COpenMPI
#else
  internal import CMPICH
#endif

extension MPICommunicator {
  /// Gives the ranks of one machine equal shares of its processors, so that their threads keep off one another's.
  ///
  /// Where mpirun or srun has bound the processes to processors of their own, that is kept, and the library computes with as
  /// many threads. Where it has not, the rank that is number i of n on its machine takes the i-th n-th of the
  /// processors, and at least one.
  ///
  /// - Parameter threads: Threads that the rank computes with; `nil` for one for each of its processors.
  /// - Returns: How many threads that are.
  @discardableResult
  public func shareProcessors(threads: Int? = nil) throws(CommunicationError) -> Int {
    var (local, ranks): (Int32, Int32) = (0, 1)
    try Self.check("MPI_Comm_split_type", sclmpi_on_machine(&local, &ranks))
    let allowed = Int(sclmpi_allowed_processors())
    // All ranks of a machine must see it unbound: a rank by itself cannot tell.
    let fewest = try gather(Tensor<Int64>([Int64(allowed)])).scalars.min().map { Int($0) } ?? allowed
    let isBound = fewest * Int(ranks) <= Int(sclmpi_online_processors())
    var own = allowed
    if !isBound, ranks > 1 {
      own = max(1, allowed / Int(ranks))
      _ = sclmpi_keep_on(Int32(Int(local) * own % allowed), Int32(own))
    }
    ComputeThreads.count = threads ?? min(own, ComputeThreads.count)
    return ComputeThreads.count
  }

  /// Refuses ranks that run another build of the program, or another MPI.
  ///
  /// - Throws: `TrainingError/Code/ranksDiffer(rank:field:value:first:)` on all ranks.
  public func requireSameProgram() throws {
    let program = try agreed { try Data(contentsOf: URL(filePath: "/proc/self/exe"), options: .mappedIfSafe) }
    // Eight bytes at a time: programs have many.
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(program.count)
    program.withUnsafeBytes { bytes in
      for word in 0..<bytes.count / 8 {
        sum = (sum ^ bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)) &* 0x100_0000_01b3
      }
      for byte in bytes.suffix(bytes.count % 8) { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    try requireEqual(
      JSONSerialization.data(
        withJSONObject: ["build": String(sum, radix: 16), "mpi": libraryVersion], options: .sortedKeys))
  }
}
