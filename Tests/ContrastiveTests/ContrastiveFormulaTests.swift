import Autograd
import Contrastive
import Tensor
import TestSupport
import Testing

/// Every loss that compares all rows, in Double and in Float, against its formula over the whole matrix, with weights of
/// the anchors; sizes of one block and of several.
@Suite struct ContrastiveFormulaTests {
  struct Size: Sendable, CustomStringConvertible {
    let images, dimension: Int
    let temperature: Double
    var description: String { "\(images) images of \(dimension) at T \(temperature)" }
  }

  static let sizes = [
    Size(images: 2, dimension: 3, temperature: 0.5), Size(images: 7, dimension: 5, temperature: 0.1),
    Size(images: 83, dimension: 33, temperature: 0.1), Size(images: 83, dimension: 20, temperature: 0.01),
    Size(images: 150, dimension: 16, temperature: 0.025),
  ]

  /// Rows of two views `[2N, d]`, the second near the first.
  static func rows(_ size: Size) -> Tensor<Double> {
    let first = testRows([size.images, size.dimension])
    return Tensor(
      concatenating: [first, first + 0.7 * testRows([size.images, size.dimension], seed: 8)], along: 0)
  }

  static func weights(_ count: Int) -> [Double] { (0..<count).map { Double($0 * 7 % 5) / 2 } }
  /// Row 2 has a label of its own.
  static func labels(_ count: Int) -> [Int32] { (0..<count).map { $0 == 2 ? 9 : Int32($0 * $0 % 3) } }

  /// Compares values and gradients by both sets of rows: in Double to 1e-9, in Float to 1e-4 and to the error of a
  /// similarity, 1e-7 / T, which is the relative error of its exponential. Where nearly all pairs are found the gradient is
  /// what is left of numbers that cancel: below a tenth of its usual size, 1 / (T sqrt(N d)), the error is measured by that.
  static func expect(
    _ name: String, _ size: Size, _ points: [Tensor<Double>],
    naive: ([Variable<Double>]) -> Variable<Double>, double: ([Variable<Double>]) -> Variable<Double>,
    float: ([Variable<Float>]) -> Variable<Float>
  ) throws {
    let (wide, own, narrow) = (
      points.map { leaf($0) }, points.map { leaf($0) }, points.map { leaf(Tensor<Float>(converting: $0)) }
    )
    let (expected, value, single) = (naive(wide), double(own), float(narrow))
    expected.backward()
    value.backward()
    single.backward()
    let scale = max(1, expected.item.magnitude)
    #expect(
      (value.item - expected.item).magnitude <= 1e-9 * scale, "\(name): \(value.item), \(expected.item)")
    #expect((Double(single.item) - expected.item).magnitude <= 1e-4 * scale, "\(name): \(single.item)")
    for index in points.indices {
      let gradient = try #require(wide[index].gradient)
      let usual = 1 / (size.temperature * Double(gradient.elementCount).squareRoot())
      let least = max(gradient.euclideanNorm, 0.1 * usual)
      let error = (try #require(own[index].gradient) - gradient).euclideanNorm / least
      #expect(error <= 1e-9, "\(name), gradient \(index): \(error)")
      let single = Tensor<Double>(converting: try #require(narrow[index].gradient))
      let singleError = (single - gradient).euclideanNorm / least
      #expect(singleError <= 5e-6 / size.temperature, "\(name), gradient \(index) in Float: \(singleError)")
    }
  }

  static func halves<Scalar>(_ z: Variable<Scalar>) -> (Variable<Scalar>, Variable<Scalar>) {
    (z[0..<z.shape[0] / 2], z[z.shape[0] / 2..<z.shape[0]])
  }

  @Test(arguments: sizes) func twoViews(_ size: Size) throws {
    let (rows, n) = (Self.rows(size), size.images)
    let weights = Self.weights(2 * n)
    let naive = NaiveContrastive(temperature: size.temperature)
    let (wide, single) = (Tensor(weights), Tensor(weights.map { Float($0) }))
    let ntXent = NTXentLoss(temperature: size.temperature)
    try Self.expect("NT-Xent", size, [rows]) {
      naive.supervised(
        naive.similarities($0[0], $0[0]), compared: Pairs.others(2 * n), positives: Pairs.otherView(n),
        form: .outside, weights: weights)
    } double: {
      let (a, b) = Self.halves($0[0])
      return ntXent(a, b, weights: wide)
    } float: {
      let (a, b) = Self.halves($0[0])
      return ntXent(a, b, weights: single)
    }
    for sigma in [nil, 0.5] as [Double?] {
      let loss = DecoupledContrastiveLoss(
        temperature: size.temperature, weighting: sigma == nil ? .uniform : .vonMisesFisher(sigma: 0.5))
      try Self.expect("DCL \(sigma ?? 0)", size, [rows]) {
        naive.decoupled($0[0], sigma: sigma, weights: weights)
      } double: {
        let (a, b) = Self.halves($0[0])
        return loss(a, b, weights: wide)
      } float: {
        let (a, b) = Self.halves($0[0])
        return loss(a, b, weights: single)
      }
    }
    for (beta, tau) in [(0, 0), (1, 0.1), (0, 0.1), (2, 0), (0.5, 0.001)] as [(Double, Double)] {
      let loss = HardNegativeContrastiveLoss(
        temperature: size.temperature, concentration: beta, positivePrior: tau)
      try Self.expect("hard negatives \(beta) \(tau)", size, [rows]) {
        naive.hardNegatives($0[0], beta: beta, tau: tau, weights: weights)
      } double: {
        let (a, b) = Self.halves($0[0])
        return loss(a, b, weights: wide)
      } float: {
        let (a, b) = Self.halves($0[0])
        return loss(a, b, weights: single)
      }
    }
  }

  @Test(arguments: sizes) func byLabelsAndByMask(_ size: Size) throws {
    let (rows, count) = (Self.rows(size), 2 * size.images)
    let (weights, numbers) = (Self.weights(count), Self.labels(count))
    let naive = NaiveContrastive(temperature: size.temperature)
    let (wide, single) = (Tensor(weights), Tensor(weights.map { Float($0) }))
    let labels = Tensor(numbers)
    let positives = Pairs.equalLabels(numbers, numbers) { $0 == $1 }
    for form in [SupervisedContrastiveLoss.Form.outside, .inside] {
      let loss = SupervisedContrastiveLoss(.init(size.temperature, base: nil), form: form)
      for byLabels in [true, false] {
        try Self.expect("SupCon \(form), labels: \(byLabels)", size, [rows]) {
          naive.supervised(
            naive.similarities($0[0], $0[0]), compared: Pairs.others(count), positives: positives, form: form,
            weights: weights)
        } double: {
          byLabels
            ? loss($0[0], labels: labels, weights: wide) : loss($0[0], positives: positives, weights: wide)
        } float: {
          byLabels
            ? loss($0[0], labels: labels, weights: single)
            : loss($0[0], positives: positives, weights: single)
        }
      }
    }
    let pairwise = PairwiseNTXentLoss(temperature: size.temperature)
    for byLabels in [true, false] {
      try Self.expect("pairwise NT-Xent, labels: \(byLabels)", size, [rows]) {
        naive.pairwise(
          naive.similarities($0[0], $0[0]), compared: Pairs.others(count), positives: positives,
          weights: weights)
      } double: {
        byLabels
          ? pairwise($0[0], labels: labels, weights: wide)
          : pairwise($0[0], positives: positives, weights: wide)
      } float: {
        byLabels
          ? pairwise($0[0], labels: labels, weights: single)
          : pairwise($0[0], positives: positives, weights: single)
      }
    }
  }

  /// Anchors that are rows 3... of references from elsewhere, as a machine's own rows are among those of all machines.
  @Test(arguments: sizes) func referencesApart(_ size: Size) throws {
    let points = [
      testRows([size.images, size.dimension]), testRows([size.images + 9, size.dimension], seed: 8),
    ]
    let (n, m) = (size.images, size.images + 9)
    let (weights, own, others) = (Self.weights(n), Self.labels(n), Self.labels(m).map { $0 == 9 ? 8 : $0 })
    let naive = NaiveContrastive(temperature: size.temperature)
    let (wide, single) = (Tensor(weights), Tensor(weights.map { Float($0) }))
    let (labels, referenceLabels) = (Tensor(own), Tensor(others))
    for excluded in [ExcludedReference.none, .index(offset: 3), .index(offset: -1)] {
      let left: (Int, Int) -> Bool = { anchor, reference in
        if case .index(let offset) = excluded { anchor + offset == reference } else { false }
      }
      let compared = Pairs.mask(n, m) { !left($0, $1) }
      let positives = Pairs.equalLabels(own, others, except: left)
      let mask = Pairs.equalLabels(own, others) { _, _ in false }
      for form in [SupervisedContrastiveLoss.Form.outside, .inside] {
        let loss = SupervisedContrastiveLoss(.init(size.temperature, base: nil), form: form)
        for byLabels in [true, false] {
          try Self.expect("SupCon \(form) \(excluded), labels: \(byLabels)", size, points) {
            naive.supervised(
              naive.similarities($0[0], $0[1]), compared: compared, positives: positives, form: form,
              weights: weights)
          } double: {
            byLabels
              ? loss(
                anchors: $0[0], labels: labels, references: $0[1], referenceLabels: referenceLabels,
                excluding: excluded, weights: wide)
              : loss(anchors: $0[0], references: $0[1], positives: mask, excluding: excluded, weights: wide)
          } float: {
            byLabels
              ? loss(
                anchors: $0[0], labels: labels, references: $0[1], referenceLabels: referenceLabels,
                excluding: excluded, weights: single)
              : loss(anchors: $0[0], references: $0[1], positives: mask, excluding: excluded, weights: single)
          }
        }
      }
      let pairwise = PairwiseNTXentLoss(temperature: size.temperature)
      try Self.expect("pairwise \(excluded)", size, points) {
        naive.pairwise(
          naive.similarities($0[0], $0[1]), compared: compared, positives: positives, weights: weights)
      } double: {
        pairwise(
          anchors: $0[0], labels: labels, references: $0[1], referenceLabels: referenceLabels,
          excluding: excluded, weights: wide)
      } float: {
        pairwise(
          anchors: $0[0], labels: labels, references: $0[1], referenceLabels: referenceLabels,
          excluding: excluded, weights: single)
      }
    }
  }

  @Test(arguments: sizes) func infoNCE(_ size: Size) throws {
    let (n, m) = (size.images, size.images + 9)
    let points = [
      testRows([n, size.dimension]), testRows([n, size.dimension], seed: 8),
      testRows([m, size.dimension], seed: 9),
    ]
    let weights = Self.weights(n)
    let naive = NaiveContrastive(temperature: size.temperature)
    let loss = InfoNCELoss(temperature: size.temperature)
    let (wide, single) = (Tensor(weights), Tensor(weights.map { Float($0) }))
    try Self.expect("InfoNCE across views", size, Array(points[0..<2])) {
      naive.supervised(
        naive.similarities($0[0], $0[1]), compared: Pairs.mask(n, n) { _, _ in true },
        positives: Pairs.mask(n, n, ==), form: .outside, weights: weights)
    } double: {
      loss(queries: $0[0], keys: $0[1], weights: wide)
    } float: {
      loss(queries: $0[0], keys: $0[1], weights: single)
    }
    try Self.expect("InfoNCE with a queue", size, points) {
      let own = naive.sum(naive.similarities($0[0], $0[1]), where: Pairs.mask(n, n, ==)).expanded(at: 1)
      let all = Variable(concatenating: [own, naive.similarities($0[0], $0[2])], along: 1)
      return naive.supervised(
        all, compared: Pairs.mask(n, m + 1) { _, _ in true }, positives: Pairs.mask(n, m + 1) { $1 == 0 },
        form: .outside, weights: weights)
    } double: {
      loss(queries: $0[0], keys: $0[1], negatives: $0[2], weights: wide)
    } float: {
      loss(queries: $0[0], keys: $0[1], negatives: $0[2], weights: single)
    }
  }

  /// The share of queries whose own key is nearer than every negative, counted over the matrix.
  @Test(arguments: [0.5, 0.01]) func theAccuracyOfInfoNCE(_ temperature: Double) {
    let queries = testRows([90, 6])
    let keys = queries + 0.5 * testRows([90, 6], seed: 8)
    let negatives = testRows([300, 6], seed: 9)
    let naive = NaiveContrastive(temperature: 1)
    let own = naive.similarities(.init(queries), .init(keys)).value
    let others = naive.similarities(.init(queries), .init(negatives)).value.max(along: 1)
    let expected = (0..<90).count { own[$0][$0].item > others[$0].item }
    #expect(expected > 10 && expected < 80)
    let loss = InfoNCELoss(temperature: temperature)
    let wide = loss.evaluate(queries: .init(queries), keys: .init(keys), negatives: .init(negatives))
    #expect(abs(wide.accuracy - Double(expected) / 90) < 1e-12)
    let plain = loss(queries: .init(queries), keys: .init(keys), negatives: .init(negatives))
    #expect(wide.loss.item == plain.item)
    let floats = [queries, keys, negatives].map { Variable(Tensor<Float>(converting: $0)) }
    let single = loss.evaluate(queries: floats[0], keys: floats[1], negatives: floats[2])
    #expect(abs(single.accuracy - Double(expected) / 90) < 1e-6)
  }
}
