import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct LinearProbeTests {
  /// The linear evaluations of the released codes.
  @Test func presetsAreThoseOfThePapers() {
    func expect(
      _ probe: LinearProbe, _ rule: OptimizerRule, _ rate: LinearProbe.Rate, decay: Double, epochs: Int,
      batch: Int, _ decline: LinearProbe.Decline
    ) {
      #expect(probe.rule == rule && probe.rate == rate && probe.weightDecay == decay)
      #expect(probe.epochs == epochs && probe.batchSize == batch && probe.decline == decline)
      #expect(probe.standardization == .none && probe.standardized.standardization == .features)
    }
    let (momentum, nesterov) = (
      OptimizerRule.sgd(), OptimizerRule.sgd(momentum: .nesterov(factor: 0.9))
    )
    expect(
      .moCo, momentum, .fixed(30), decay: 0, epochs: 100, batch: 256, .steps(factor: 0.1, epochs: [60, 80]))
    expect(.simSiam, .larc(), .per256Rows(0.1), decay: 0, epochs: 90, batch: 4096, .cosineByEpoch)
    expect(.swAV, momentum, .fixed(0.3), decay: 1e-6, epochs: 100, batch: 256, .cosineByEpoch)
    expect(.simCLR, nesterov, .per256Rows(0.1), decay: 1e-6, epochs: 90, batch: 4096, .cosineByStep)
    expect(.byol, nesterov, .per256Rows(0.2), decay: 0, epochs: 80, batch: 256, .cosineByStep)
    expect(.dino, momentum, .per256Rows(0.001), decay: 0, epochs: 100, batch: 256, .cosineByEpoch)
    #expect(momentum == .sgd(momentum: .classical(factor: 0.9)))
    #expect(OptimizerRule.larc() == .larc(momentum: 0.9, trust: 0.001, epsilon: 1e-8))
  }

  /// Three clouds, apart in the plane of two of eight features.
  private func clouds(_ count: Int, seed: UInt64 = 7, scale: Double = 1) -> (Tensor<Float>, Tensor<Int32>) {
    let labels = (0..<count).map { Int32($0 % 3) }
    let centers: [[Double]] = [[4, 0], [-2, 3.5], [-2, -3.5]]
    var rows = testRows([count, 8], seed: seed)
    rows.withUnsafeMutableBufferPointer { values in
      for (row, label) in labels.enumerated() {
        for axis in 0..<2 { values[8 * row + axis] += centers[Int(label)][axis] }
      }
    }
    return (Tensor<Float>(converting: rows * scale), Tensor(labels))
  }

  @Test func everyPresetTellsCloudsApart() throws {
    let ((training, labels), (test, expected)) = (clouds(240), clouds(90, seed: 8))
    var manySteps = LinearProbe.simSiam.standardized
    (manySteps.rate, manySteps.batchSize) = (.fixed(1.6), 32)
    for (name, probe) in [
      ("MoCo", LinearProbe.moCo), ("SwAV", .swAV), ("SimCLR", .simCLR), ("BYOL", .byol), ("DINO", .dino),
      ("SimSiam", manySteps),
    ] {
      let accuracy = try probe.fit(training, labels: labels, classCount: 3).accuracy(
        on: test, labels: expected)
      #expect(accuracy > 0.95, "\(name): \(accuracy)")
    }
  }

  /// One step on one batch by hand: p - rate (grad + decay p) with the softmax's gradient.
  @Test func oneStepIsTheRule() throws {
    let (rows, labels) = (testRows([4, 3]), Tensor<Int32>([0, 1, 1, 0]))
    func probe(_ rule: OptimizerRule, rate: Double, decay: Double) -> LinearProbe {
      LinearProbe(rule: rule, rate: .fixed(rate), weightDecay: decay, epochs: 1, decline: .none)
    }
    // A rate of 0 shows the first weights.
    let start = try probe(.sgd(), rate: 0, decay: 0).fit(rows, labels: labels, classCount: 2)
    #expect(start.bias == Tensor(zeros: [2]) && start.weight.scalars.allSatisfy { abs($0) < 0.06 && $0 != 0 })
    let probabilities = rows.matmul(start.weight).softmax(along: 1)
    let slopes = (probabilities - labels.oneHot(classCount: 2, as: Double.self)) / 4
    let gradient = rows.matmul(slopes, transposing: .left)
    let plain = try probe(.sgd(), rate: 0.3, decay: 0.1).fit(rows, labels: labels, classCount: 2)
    let moved = start.weight - (gradient + start.weight * 0.1) * 0.3
    #expect(plain.weight.isClose(to: moved, absoluteTolerance: 1e-12))
    #expect(plain.bias.isClose(to: slopes.sum(along: 0) * -0.3, absoluteTolerance: 1e-12))
    // LARC: the same gradient times .001 |w| / (|g| + decay |w| + 1e-8); the bias of 0 as it is.
    let larc = try probe(.larc(), rate: 0.3, decay: 0.1).fit(rows, labels: labels, classCount: 2)
    let (size, slope) = (start.weight.euclideanNorm, gradient.euclideanNorm)
    let factor = 0.001 * size / (slope + 0.1 * size + 1e-8)
    let adapted = start.weight - (gradient + start.weight * 0.1) * (0.3 * factor)
    #expect(larc.weight.isClose(to: adapted, absoluteTolerance: 1e-12))
    #expect(larc.bias.isClose(to: plain.bias, absoluteTolerance: 1e-12))
    let nesterov = try probe(.sgd(momentum: .nesterov(factor: 0.9)), rate: 0.3, decay: 0)
      .fit(rows, labels: labels, classCount: 2)
    #expect(nesterov.weight.isClose(to: start.weight - gradient * (0.3 * 1.9), absoluteTolerance: 1e-12))
  }

  @Test func ratesFollowTheirSchedules() throws {
    let (rows, labels) = (testRows([512, 3]), Tensor<Int32>((0..<512).map { Int32($0 % 2) }))
    // 512 rows at 256 a step, twice the rate of 128 a step.
    func bias(_ probe: LinearProbe) throws -> [Double] {
      try probe.fit(rows, labels: labels, classCount: 2).bias.scalars
    }
    let fixed = LinearProbe(rate: .fixed(0.1), epochs: 1, batchSize: 512, decline: .none)
    var scaled = fixed
    scaled.rate = .per256Rows(0.05)
    #expect(try bias(fixed) == bias(scaled), "B / 256 is 2")
    var large = scaled
    large.batchSize = 4096
    #expect(try bias(large) == bias(scaled), "a batch holds no more rows than there are")
    // After epoch 0 a factor of 0 stops everything.
    var stopped = LinearProbe(
      rule: .sgd(momentum: .none), rate: .fixed(0.1), epochs: 5, batchSize: 512,
      decline: .steps(factor: 0, epochs: [1]))
    let one = LinearProbe(
      rule: .sgd(momentum: .none), rate: .fixed(0.1), epochs: 1, batchSize: 512, decline: .none)
    let (first, second) = (try bias(stopped), try bias(one))
    #expect(first == second)
    // A cosine of one epoch does not fall within it when it falls by the epoch.
    stopped.epochs = 1
    stopped.batchSize = 128
    stopped.decline = .cosineByEpoch
    var steady = stopped
    steady.decline = .none
    var falling = stopped
    falling.decline = .cosineByStep
    let (byEpoch, constant, byStep) = (try bias(stopped), try bias(steady), try bias(falling))
    #expect(byEpoch == constant && byEpoch != byStep)
  }

  /// With standardised features neither scale nor place of a feature matters.
  @Test func standardizedFeaturesHaveNoScale() throws {
    let (rows, labels) = clouds(60)
    let probe = LinearProbe(rate: .fixed(0.3), epochs: 20, standardization: .features)
    let plain = try probe.fit(rows, labels: labels, classCount: 3)
    let scale = Tensor<Float>([0x1p20, 1, 0x1p-20, 4, 1, 1, 2, 0x1p10])
    let scaled = try probe.fit(rows * scale, labels: labels, classCount: 3)
    #expect(scaled.weight.isClose(to: plain.weight, absoluteTolerance: 1e-4))
    #expect(try scaled.predictedLabels(rows * scale) == plain.predictedLabels(rows))
    // A feature that does not vary is left out, and one that varies later has no say.
    var constant = rows
    constant.withUnsafeMutableBufferPointer { values in for row in 0..<60 { values[8 * row + 7] = 5 } }
    let without = try probe.fit(constant, labels: labels, classCount: 3)
    let later = try without.scores(of: rows)
    let same = try without.scores(of: constant)
    #expect(later == same && later.isFinite().all())
  }

  /// On maps the layer is a 1 x 1 convolution.
  @Test func onMapsItIsAPointwiseConvolution() throws {
    let (rows, labels) = clouds(48)
    let (maps, labelMaps) = (rows.reshaped([2, 4, 6, 8]), labels.reshaped([2, 4, 6]))
    let probe = LinearProbe(rate: .fixed(0.3), epochs: 10)
    let classifier = try probe.fit(maps, labels: labelMaps, classCount: 3)
    #expect(try classifier == probe.fit(rows, labels: labels, classCount: 3))
    let scores = try classifier.scores(of: maps)
    let convolution = maps.conv2D(classifier.weight.reshaped([1, 1, 8, 3]), bias: classifier.bias)
    #expect(scores.isClose(to: convolution, absoluteTolerance: 1e-4))
    #expect(try classifier.predictedLabels(maps) == classifier.predictedLabels(rows).reshaped([2, 4, 6]))
    let large = try classifier.predictedLabels(maps, size: [8, 12])
    #expect(large == scores.resized(to: [8, 12]).argmax(along: -1))
    // Ignored pixels are as if they were not there.
    var some = labelMaps
    some.withUnsafeMutableBufferPointer { for index in 0..<12 { $0[index] = 255 } }
    let ignoring = try probe.fit(maps, labels: some, classCount: 3, ignoredLabel: 255)
    #expect(try ignoring == probe.fit(rows[12..<48], labels: labels[12..<48], classCount: 3))
  }

  @Test func equalProbesGiveEqualBits() throws {
    let (rows, labels) = clouds(100)
    var probe = LinearProbe.swAV
    (probe.epochs, probe.batchSize) = (3, 16)
    let first = try probe.fit(rows, labels: labels, classCount: 3)
    #expect(try first == probe.fit(rows, labels: labels, classCount: 3))
    probe.seed = 2
    #expect(try first != probe.fit(rows, labels: labels, classCount: 3))
    #expect(
      try JSONDecoder().decode(LinearProbe.self, from: JSONEncoder().encode(LinearProbe.simSiam)) == .simSiam)
  }

  /// The rate that validation likes best; a rate that diverges is passed over.
  @Test func theRateIsSearchedOnValidation() throws {
    let ((rows, labels), (other, expected)) = (clouds(120), clouds(60, seed: 8))
    var probe = LinearProbe(rate: .fixed(1), epochs: 5)
    let search = try probe.searchingRate(
      [1e-6, 1, 1e39], training: .init(rows, labels: labels), validation: .init(other, labels: expected),
      classCount: 3)
    #expect(search.rate == .fixed(1) && search.accuracies.count == 3)
    #expect(search.accuracies[2].isNaN, "beyond Float: it diverges")
    #expect(
      search.accuracies[1] > 0.9 && search.accuracies[0] < search.accuracies[1], "\(search.accuracies)")
    probe.rate = .fixed(1)
    #expect(try search.classifier == probe.fit(rows, labels: labels, classCount: 3))
    // Where all diverge the last failure is told.
    #expect {
      try probe.searchingRate(
        [1e39], training: .init(rows, labels: labels), validation: .init(other, labels: expected),
        classCount: 3)
    } throws: { ($0 as? FeatureError).map { if case .diverged = $0.code { true } else { false } } ?? false }
  }

  @Test func badDataAreRefused() throws {
    let (rows, labels) = clouds(12)
    #expect(throws: FeatureError(.labelIsNoClass(label: 2, place: 2, count: 4, classes: 2))) {
      try LinearProbe.swAV.fit(rows, labels: labels, classCount: 2)
    }
    #expect(throws: FeatureError(.noFeatures)) {
      try LinearProbe.swAV.fit(
        rows, labels: Tensor(repeating: 9, shape: [12]), classCount: 2, ignoredLabel: 9)
    }
    var broken = rows
    broken.withUnsafeMutableBufferPointer { $0[0] = .infinity }
    #expect(throws: FeatureError(.featuresAreNotFinite(count: 1))) {
      try LinearProbe.swAV.fit(broken, labels: labels, classCount: 3)
    }
    let classifier = try LinearProbe(rate: .fixed(0.1), epochs: 1).fit(rows, labels: labels, classCount: 3)
    #expect(throws: FeatureError(.featuresAreNotFinite(count: 1))) { try classifier.predictedLabels(broken) }
  }
}
