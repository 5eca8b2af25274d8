import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

/// The parts that methods are made of, over ranks in double precision: what rounding hides in `Float` would show here.
@Suite struct RankDoubleTests {
  private static let widths = UNetConfiguration(widths: [2, 4, 8])

  /// Losses and averaged gradients of `count` ranks against those of one process, to 1e-10.
  private func expectOneProcess(
    _ count: Int, _ step: @escaping @Sendable (Ranks) throws -> (terms: [Double], module: any Module<Double>)
  ) throws {
    @Sendable func run(_ communicator: any Communicator) throws -> (
      terms: [Double], gradients: [Tensor<Double>]
    ) {
      let ranks = Ranks(communicator)
      let (terms, module) = try step(ranks)
      try ranks.check()
      return (
        terms.map { ranks.mean($0) },
        module.parameters.filter { !$0.isFrozen }.map {
          ranks.sum($0.gradient ?? Tensor(zeros: $0.shape)) / Double(ranks.count)
        }
      )
    }
    let whole = try run(SingleProcess())
    #expect(whole.gradients.contains { $0.euclideanNorm > 1e-3 })
    for found in try InProcessRanks.run(count, { try run($0) }) {
      for (value, expected) in zip(found.terms, whole.terms) {
        #expect(abs(value - expected) <= 1e-10 * max(1, abs(expected)), "term \(value), not \(expected)")
      }
      #expect(found.gradients.count == whole.gradients.count)
      for (place, (value, expected)) in zip(found.gradients, whole.gradients).enumerated() {
        let error = (value - expected).euclideanNorm
        #expect(error <= 1e-10 * max(1, expected.euclideanNorm), "gradient \(place) off by \(error)")
      }
    }
  }

  private static func network(_ seed: UInt64) -> EmbeddingNetwork<Double> {
    var generator = SplitMix64(seed: seed)
    return EmbeddingNetwork(
      encoder: UNetEncoder(widths, using: &generator),
      projector: PerceptronHead(
        inputFeatures: 8, .swAV(hidden: 12, output: 6), using: &generator))
  }

  @Test(arguments: [2, 4]) func superCL(_ count: Int) throws {
    let images = (0..<4).map { testRows([8, 16, 16, 1], seed: UInt64($0) + 11) }
    let maps = (0..<2).map { (view: Int) -> Tensor<Int32> in
      let labels = (0..<8 * 256).map { (place: Int) -> Int32 in
        let (row, column) = (place / 64 * (view + 1), place % 16 / 6)
        return Int32(row % 5 + column)
      }
      return Tensor<Int32>(labels, shape: [8, 16, 16])
    }
    let positions: [Double?] = [0.1, 0.15, 0.5, nil, 0.55, 0.9, 0.12, 0.95]
    try expectOneProcess(count) { ranks in
      var generator = SplitMix64(seed: 3)
      let network = SuperCLNetwork<Double>(
        encoder: UNetEncoder(Self.widths, using: &generator),
        projector: ProjectionHead(inputFeatures: 8, hiddenFeatures: 8, outputFeatures: 6, using: &generator))
      network.shareNorms(across: ranks)
      var method = SuperCL()
      (method.intraLevel, method.interLevel) = (.bottleneck, .bottleneck)
      let own = images.map { ranks.ownRows(of: $0) }
      let first = ranks.rank * 8 / ranks.count
      let views = SuperCLViews(
        fixed: (own[0], own[1]), varied: (own[2], own[3]),
        superpixels: (ranks.ownRows(of: maps[0]), ranks.ownRows(of: maps[1])),
        positions: Array(positions[first..<first + 8 / ranks.count]))
      let report = try SuperCLLoss(method).evaluate(network, views, across: ranks)
      report.loss.backward()
      return (report.terms.map(\.value).filter { !$0.isNaN }, network)
    }
  }

  @Test(arguments: [2, 4]) func moCo(_ count: Int) throws {
    let views = (0..<2).map { testRows([8, 8, 8, 1], seed: UInt64($0) + 21) }
    let queue = testRows([12, 6], seed: 31)
    try expectOneProcess(count) { ranks in
      let (online, copy) = (Self.network(1), Self.network(1))
      let target = TargetNetwork(following: online, copy: copy)
      for module in [online, copy] { module.shareNorms(across: ranks) }
      let queries = online(Variable(ranks.ownRows(of: views[0])))
      let keys = target(ranks.ownRows(of: views[1]))
      let loss = InfoNCELoss(temperature: 0.2)(
        queries: queries, keys: Variable(keys), negatives: Variable(queue))
      loss.backward()
      let all = EmbeddingQueue<Double>(length: 8, features: 6)
      try all.enqueue(ranks.gather(keys))
      return ([loss.item, embeddingSpread(queries.value, across: ranks)] + all.rows.value.scalars, online)
    }
  }

  @Test(arguments: [2, 4]) func swAV(_ count: Int) throws {
    let views = (0..<3).map { testRows([8, 8, 8, 1], seed: UInt64($0) + 41) }
    try expectOneProcess(count) { ranks in
      let network = Self.network(2)
      network.shareNorms(across: ranks)
      let prototypes = Prototypes<Double>(testRows([5, 6], seed: 51))
      let scores = network.embeddings(of: views.map { Variable(ranks.ownRows(of: $0)) }).map {
        prototypes.scores(of: $0)
      }
      let codes = (0..<2).map { Sinkhorn().codes(of: ranks.gather(scores[$0].value)) }
      let loss = SwAVLoss()(scores, codes: codes.map { ranks.ownRows(of: $0) })
      loss.backward()
      return (
        [loss.item] + codes[0].scalars,
        Sequential<Double>([network, PrototypeLayer(prototypes)])
      )
    }
  }
}

/// Prototypes as a layer, so that one module has all parameters.
private final class PrototypeLayer: Layer {
  let prototypes: Prototypes<Double>
  init(_ prototypes: Prototypes<Double>) { self.prototypes = prototypes }
  var members: [ModuleMember<Double>] { [.module("prototypes", prototypes)] }
  func callAsFunction(_ input: Variable<Double>) -> Variable<Double> { prototypes.scores(of: input) }
}
