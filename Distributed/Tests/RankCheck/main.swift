// The engine and trainings over it, under mpirun with any number of ranks: what rank 0 finds wrong is said, and the exit
// code is 1.
import Autograd
import Foundation
import MPIRanks
import NN
import Tensor

struct Wrong: Error, CustomStringConvertible { let description: String }

func require(_ isRight: Bool, _ what: String) throws { if !isRight { throw Wrong(description: what) } }

func checkCalls(_ communicator: MPICommunicator) throws {
  let (rank, count) = (communicator.rank, communicator.count)
  let own = Double(rank + 1)
  let total = Double(count * (count + 1) / 2)
  // Begun sums proceed beside other calls, and many at once.
  let sizes = [1, 1000, 300_000]
  let pending = try sizes.map { try communicator.startSum(Tensor<Float>(repeating: Float(own), shape: [$0])) }
  let sum = try communicator.sum(Tensor<Double>([own, -own]))
  try require(sum == Tensor([total, -total]), "sum gives \(sum)")
  let rows = try communicator.gather(Tensor<Int32>([Int32(rank), 7], shape: [1, 2]))
  try require(
    rows == Tensor((0..<count).flatMap { [Int32($0), 7] }, shape: [count, 2]), "gather gives \(rows)")
  let bytes = try communicator.gather(Tensor<Bool>([rank % 2 == 0]))
  try require(bytes.scalars == (0..<count).map { $0 % 2 == 0 }, "gather of truth values")
  let scattered = try communicator.scatterSum(
    Tensor<Float>((0..<count).map { Float(own) * Float($0 + 1) }, shape: [count, 1]))
  try require(
    scattered == Tensor([Float(total) * Float(rank + 1)], shape: [1, 1]), "scatterSum \(scattered)")
  let last = try communicator.broadcast(Tensor<Double>([own]), from: count - 1)
  try require(last.item == Double(count), "broadcast gives \(last)")
  try communicator.barrier()
  for (size, sum) in zip(sizes, pending) {
    sum.advance()
    try require(
      try sum.finish() == Tensor(repeating: Float(total), shape: [size]), "a begun sum of \(size) is wrong")
  }
  let empty = try communicator.sum(Tensor<Float>(zeros: [0]))
  try require(empty.shape == [0], "a sum of nothing")
}

func checkAgreement(_ communicator: MPICommunicator) throws {
  guard communicator.count > 1 else { return }
  do {
    try communicator.agreed { if communicator.rank == 1 { throw Wrong(description: "on purpose") } }
    throw Wrong(description: "nothing was thrown")
  } catch let error as Wrong {
    try require(communicator.rank == 1 && error.description == "on purpose", error.description)
  } catch let error as CommunicationError {
    try require("\(error)".contains("rank 1 failed: on purpose"), "\(error)")
  }
}

/// A U-Net on disks, three steps of eight images.
func train(
  _ communicator: any Communicator, sharing: RankSharing = .init()
) throws -> (state: [Tensor<Float>], gradients: [(name: String, value: Tensor<Float>)]) {
  var generator = PhiloxGenerator(seed: 1)
  let network = UNet<Float>(UNetConfiguration(widths: [4, 8, 16]), classCount: 2, using: &generator)
  let task = SegmentationTask(
    network, classCount: 2, recipe: TrainingRecipe(steps: 3, batchSize: 8),
    optimizer: OptimizerSettings(.sgd(), rate: .constant(0.05)))
  let slices = (0..<16).map { index in
    let labels = Tensor<Int32>(
      (0..<1024).map { place in
        let (y, x) = (place / 32 - 16, place % 32 - 10 - index % 8)
        return y * y + x * x < 30 + 5 * index ? 1 : 0
      }, shape: [32, 32])
    var noise = PhiloxGenerator(seed: 2, stream: index)
    let image = Tensor<Float>(normalWithMean: 0, standardDeviation: 0.3, shape: [32, 32, 1], using: &noise)
    return LabeledImage(image: image + Tensor<Float>(converting: labels).expanded(at: -1), labels: labels)
  }
  let loop = try TrainingLoop(task, on: slices, communicator: communicator, sharing: sharing)
  var gradients: [(name: String, value: Tensor<Float>)] = []
  loop.hooks.beforeUpdate.append { parameters, moment in
    guard moment.step == 0 else { return }
    for (name, parameter) in parameters {
      if let gradient = parameter.gradient { gradients.append((name, gradient)) }
    }
  }
  try loop.run()
  return (network.parameters.map(\.value) + network.namedBuffers.map(\.buffer.value), gradients)
}

func length(_ values: Tensor<Double>) -> Double { (values * values).sum().item.squareRoot() }

func checkTraining(_ communicator: MPICommunicator) throws {
  let whole = try train(SingleProcess())
  let sharings = [RankSharing(), RankSharing(bucketBytes: 1 << 10)]
  for sharing in sharings {
    let (parts, gradients) = try train(communicator, sharing: sharing)
    let largest = whole.gradients.map { length(Tensor(converting: $0.value)) }.max() ?? 0
    for ((name, found), (_, expected)) in zip(gradients, whole.gradients) {
      let (found, expected) = (Tensor<Double>(converting: found), Tensor<Double>(converting: expected))
      let (error, size) = (length(found - expected), length(expected))
      try require(
        error <= 1e-5 * max(size, 0.1 * largest), "the gradient of \(name) is off by \(error) of \(size)")
    }
    // Rounding grows from step to step.
    for (found, expected) in zip(parts, whole.state) {
      let (found, expected) = (Tensor<Double>(converting: found), Tensor<Double>(converting: expected))
      let (error, size) = (length(found - expected), length(expected))
      try require(error <= 1e-3 * max(1, size), "a weight is off by \(error) of \(size)")
    }
    try require(
      parts == (try train(communicator, sharing: sharing).state), "another run gives other bits")
    // Every rank has the same: the sum of equal numbers is exact in double precision, or nearly.
    for value in parts {
      let own = Tensor<Double>(converting: value)
      let mean = try communicator.sum(own) / Double(communicator.count)
      try require(length(mean - own) <= 1e-14 * (length(own) + 1), "ranks differ")
    }
    if communicator.count == 1 { try require(parts == whole.state, "one rank is not the process") }
  }
}

let communicator: MPICommunicator
do {
  communicator = try MPICommunicator.start()
} catch {
  print("rank-check: \(error)")
  exit(1)
}
do {
  try communicator.shareProcessors()
  try checkCalls(communicator)
  try checkAgreement(communicator)
  try communicator.requireSameProgram()
  try checkTraining(communicator)
  if communicator.rank == 0 { print("\(communicator.count) ranks agree, \(communicator.libraryVersion)") }
  communicator.finish()
} catch {
  communicator.leave("\(error)")
}
