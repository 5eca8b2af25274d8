import Foundation
public import NN
public import Tensor

#if canImport(COpenMPI)
  internal import COpenMPI
#else
  internal import CMPICH
#endif

/// Ranks that are processes of an MPI job, on one machine or many.
///
///     let communicator = try MPICommunicator.start()
///     let loop = try TrainingLoop(task, on: slices, communicator: communicator)
///     try loop.run(checkpoint: policy)
///     communicator.finish()
///
///     mpirun -n 4 ./train
///
/// Sums are MPI's own: `MPI_Iallreduce` for gradients, which begin while the backward pass goes on, `MPI_Allreduce` and
/// `MPI_Reduce_scatter_block` for all else, the two kinds on communicators of their own, so that their orders do not
/// mix. MPI advises, and MPICH and Open MPI do, that the same values on as many processes give the same bits in every
/// run; that all ranks get the same bits holds for their algorithms, and is what `TrainingLoop` checks at every checkpoint.
///
/// MPI works on begun sums within calls alone: the loop gives it one whenever a gradient is complete.
///
/// A process that dies is noticed by mpirun (or srun), which ends the others. A rank that meets an error of its own ends the job
/// by ``leave(_:)``: one line on standard error and the exit code 65.
///
/// One thread at a time may call it.
public final class MPICommunicator: Communicator, @unchecked Sendable {
  // Unchecked: MPI's handles are pointers in Open MPI, and are never changed behind `start`.
  public let rank: Int
  public let count: Int
  private let channel: sclmpi_comm
  private let sums: sclmpi_comm

  /// What this job's MPI calls itself, such as `MPICH Version: 4.0.2`, in one line.
  public let libraryVersion: String

  /// Starts MPI, once in a process.
  ///
  /// - Throws: `CommunicationError/Code/engine(call:message:)`.
  public static func start() throws(CommunicationError) -> MPICommunicator { try MPICommunicator() }

  private init() throws(CommunicationError) {
    try Self.check("MPI_Init_thread", sclmpi_start())
    var (channel, sums) = (sclmpi_comm(), sclmpi_comm())
    try Self.check("MPI_Comm_dup", sclmpi_channel(&channel))
    try Self.check("MPI_Comm_dup", sclmpi_channel(&sums))
    var (rank, count): (Int32, Int32) = (0, 1)
    try Self.check("MPI_Comm_rank", sclmpi_rank(channel, &rank))
    try Self.check("MPI_Comm_size", sclmpi_count(channel, &count))
    (self.channel, self.sums, self.rank, self.count) = (channel, sums, Int(rank), Int(count))
    libraryVersion = Self.text(Int(sclmpi_longest_version)) { sclmpi_version($0) }
  }

  /// Ends MPI; the process may go on, but not start it again.
  public func finish() { _ = sclmpi_finalize() }

  /// Ends all processes of the job, without waiting for any.
  public func abort(code: Int32) -> Never {
    sclmpi_abort(code)
    exit(code)
  }

  public func leave(_ reason: String) {
    let line = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
    let program = ProcessInfo.processInfo.processName
    FileHandle.standardError.write(Data("\(program): rank \(rank): \(line)\n".utf8))
    abort(code: 65)
  }

  // MARK: Sums

  public func sum<Scalar: TensorFloatingPointScalar>(
    _ values: Tensor<Scalar>
  ) throws(CommunicationError) -> Tensor<Scalar> {
    let length = try Self.length("MPI_Allreduce", values.shape.elementCount)
    return try result("MPI_Allreduce", shape: values.shape, of: values) {
      sclmpi_sum($0, $1, length, Self.isDouble(Scalar.self), channel)
    }
  }

  public func scatterSum<Scalar: TensorFloatingPointScalar>(
    _ rows: Tensor<Scalar>
  ) throws(CommunicationError) -> Tensor<Scalar> {
    shapePrecondition(rows, dividesInto: count)
    let call = "MPI_Reduce_scatter_block"
    let length = try Self.length(call, rows.shape.elementCount / count)
    let shape = TensorShape([rows.shape[0] / count] + rows.shape.dimensions.dropFirst())
    return try result(call, shape: shape, of: rows) {
      sclmpi_scatter_sum($0, $1, length, Self.isDouble(Scalar.self), channel)
    }
  }

  public func startSum<Scalar: TensorFloatingPointScalar>(
    _ values: Tensor<Scalar>
  ) throws(CommunicationError) -> PendingSum<Scalar> {
    let length = try Self.length("MPI_Iallreduce", values.shape.elementCount)
    let sum = try BegunSum(values, length: length, isDouble: Self.isDouble(Scalar.self), channel: sums)
    return PendingSum(
      advance: { sum.advance() }, finish: { () throws(CommunicationError) in try sum.finish() })
  }

  // MARK: Rows

  public func gather<Scalar: TensorScalar>(
    _ rows: Tensor<Scalar>
  ) throws(CommunicationError) -> Tensor<Scalar> {
    let length = try Self.length("MPI_Allgather", rows.shape.elementCount)
    let shape = TensorShape([count * rows.shape[0]] + rows.shape.dimensions.dropFirst())
    return try result("MPI_Allgather", shape: shape, of: rows) {
      sclmpi_gather($0, $1, length, Int32(MemoryLayout<Scalar>.size), channel)
    }
  }

  public func broadcast<Scalar: TensorScalar>(
    _ values: Tensor<Scalar>, from rank: Int
  ) throws(CommunicationError) -> Tensor<Scalar> {
    let length = try Self.length("MPI_Bcast", values.shape.elementCount)
    var result = values
    let code = result.withUnsafeMutableBufferPointer { buffer in
      sclmpi_broadcast(
        buffer.baseAddress, length, Int32(MemoryLayout<Scalar>.size), Int32(rank), channel)
    }
    try Self.check("MPI_Bcast", code)
    return result
  }

  public func barrier() throws(CommunicationError) { try Self.check("MPI_Barrier", sclmpi_barrier(channel)) }

  /// Sends bytes to a partner and receives as many from it: what messages cost is measured with this.
  package func exchange(_ values: Tensor<UInt8>, with partner: Int) throws(CommunicationError) -> Tensor<
    UInt8
  > {
    let length = try Self.length("MPI_Sendrecv", values.shape.elementCount)
    return try result("MPI_Sendrecv", shape: values.shape, of: values) {
      sclmpi_exchange($0, $1, length, Int32(partner), channel)
    }
  }

  // MARK: Calls

  private func result<Scalar: TensorScalar>(
    _ call: String, shape: TensorShape, of values: Tensor<Scalar>,
    _ body: (UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Int32
  ) throws(CommunicationError) -> Tensor<Scalar> {
    var code: Int32 = 0
    let result = Tensor<Scalar>(shape: shape) { target in
      code = values.withUnsafeBufferPointer { body($0.baseAddress, target.baseAddress) }
    }
    try Self.check(call, code)
    return result
  }

  static func check(_ call: String, _ code: Int32) throws(CommunicationError) {
    guard code != 0 else { return }
    let message = text(Int(sclmpi_longest_message)) { sclmpi_message(code, $0) }
    throw CommunicationError(.engine(call: call, message: message))
  }

  private static func text(_ size: Int, _ write: (UnsafeMutablePointer<CChar>) -> Void) -> String {
    let bytes = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size + 1) { buffer -> [UInt8] in
      guard let first = buffer.baseAddress else { return [] }
      write(first)
      return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map {
      String($0.replacing("\t", with: " "))
    }
      ?? ""
  }

  private static func isDouble<Scalar>(_ type: Scalar.Type) -> Int32 { type == Double.self ? 1 : 0 }

  private static func length(_ call: String, _ count: Int) throws(CommunicationError) -> Int32 {
    guard let length = Int32(exactly: count) else {
      throw CommunicationError(
        .engine(call: call, message: "\(count) elements in one message; MPI takes 2147483647"))
    }
    return length
  }

  private func shapePrecondition<Scalar>(_ rows: Tensor<Scalar>, dividesInto count: Int) {
    precondition(
      rows.rank >= 1 && rows.shape[0] % count == 0,
      "rows of shape \(rows.shape) do not divide into \(count) ranks")
  }
}

/// A sum that MPI works on, with the memory that it works in.
private final class BegunSum<Scalar: TensorFloatingPointScalar> {
  private let values: Tensor<Scalar>
  private var result: Tensor<Scalar>
  private var request = sclmpi_request()
  private var isDone = false

  init(
    _ values: Tensor<Scalar>, length: Int32, isDouble: Int32, channel: sclmpi_comm
  ) throws(CommunicationError) {
    self.values = values
    result = Tensor(shape: values.shape) { _ in }
    // Both tensors' buffers stay where they are as long as this object holds them, and `result` is not touched before the
    // sum is there.
    let target = result.withUnsafeMutableBufferPointer { $0.baseAddress }
    let source = values.withUnsafeBufferPointer { $0.baseAddress }
    try MPICommunicator.check(
      "MPI_Iallreduce", sclmpi_start_sum(source, target, length, isDouble, channel, &request))
  }

  func advance() {
    guard !isDone else { return }
    var done: Int32 = 0
    // An error comes again when the sum is waited for.
    if sclmpi_test(&request, &done) == 0 { isDone = done != 0 }
  }

  func finish() throws(CommunicationError) -> Tensor<Scalar> {
    if !isDone { try MPICommunicator.check("MPI_Wait", sclmpi_wait(&request)) }
    isDone = true
    return result
  }
}
