import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct PixelContrastLossTests {
  private func value(
    _ loss: PixelContrastLoss, _ features: Variable<Double>, _ labels: Tensor<Int32>, seed: UInt64 = 1
  ) -> Variable<Double> {
    var generator = SplitMix64(seed: seed)
    return loss(features, labels: labels, using: &generator)
  }

  /// SupCon with the mean outside the logarithm, one row after another.
  private func naive(_ rows: [[Double]], _ labels: [Int], _ T: Double) -> Double? {
    let u = unit(rows)
    let terms = u.indices.compactMap { i -> Double? in
      let positives = u.indices.filter { $0 != i && labels[$0] == labels[i] }
      guard !positives.isEmpty else { return nil }
      let sum = u.indices.reduce(0) { $1 == i ? $0 : $0 + exp(dot(u[i], u[$1]) / T) }
      return log(sum) - mean(positives.map { dot(u[i], u[$0]) / T })
    }
    return terms.isEmpty ? nil : mean(terms)
  }

  private let features = testRows([3, 3, 4, 5])
  /// Image 2 has no two pixels of one label.
  private let labels = Tensor<Int32>(
    (0..<24).map { Int32($0 % 5) } + (0..<12).map { Int32($0) }, shape: [3, 3, 4])

  /// Maps of volumes are maps of their places.
  @Test(arguments: [PixelContrastLoss.Scope.image, .batch, .batchOfRegions])
  func volumesAreTheirPlaces(_ scope: PixelContrastLoss.Scope) {
    let loss = PixelContrastLoss(.init(0.5, base: nil), pixelsPerClass: 2, scope: scope)
    let volume = value(
      loss, Variable(features.reshaped([3, 2, 3, 2, 5])), labels.reshaped([3, 2, 3, 2]))
    let slice = value(loss, Variable(features), labels)
    #expect(volume.item == slice.item && slice.item > 0)
  }

  /// Reference/ContrastiveLosses.md: SupCon out on R(0, 8) with the labels 0, 0, 1, 1 twice.
  @Test func itIsTheReference() {
    let map = Variable(methodRows(0..<8, as: Double.self).reshaped([1, 2, 4, 3]))
    let labels = Tensor<Int32>([0, 0, 1, 1, 0, 0, 1, 1], shape: [1, 2, 4])
    for (T, expected) in [(0.5, 3.0324174220421516), (0.1, 11.192767577834296)] {
      for scope in [PixelContrastLoss.Scope.image, .batch, .batchOfRegions] {
        let loss = PixelContrastLoss(.init(T, base: nil), scope: scope)
        expectClose(value(loss, map, labels).item, expected, Double.self, "\(scope)")
      }
      var generator = SplitMix64(seed: 1)
      let narrow = PixelContrastLoss(.init(T, base: nil))(
        Variable(methodRows(0..<8, as: Float.self).reshaped([1, 2, 4, 3])), labels: labels, using: &generator)
      expectClose(Double(narrow.item), expected, Float.self)
    }
    let scaled = PixelContrastLoss(.init(0.1, base: 0.07))
    expectClose(value(scaled, map, labels).item, 11.192767577834296 / 0.7, Double.self)
  }

  @Test func eachScopeIsItsFormula() throws {
    let images = (0..<3).map { arrays(features[$0].reshaped([12, 5])) }
    let classes = (0..<3).map { labels[$0].scalars.map(Int.init) }
    // Image 2 has no anchor: the mean is over the other two.
    let each = (0..<3).map { naive(images[$0], classes[$0], 0.1) }
    #expect(each[2] == nil)
    let rows = Variable(features)
    expectClose(
      value(PixelContrastLoss(), rows, labels).item, mean(each.compactMap(\.self)), Double.self, "image")
    let all = images.flatMap(\.self)
    expectClose(
      value(PixelContrastLoss(scope: .batch), rows, labels).item,
      try #require(naive(all, classes.flatMap(\.self), 0.1)), Double.self, "batch")
    let regions = (0..<3).flatMap { image in classes[image].map { $0 + 100 * image } }
    expectClose(
      value(PixelContrastLoss(scope: .batchOfRegions), rows, labels).item,
      try #require(naive(all, regions, 0.1)), Double.self, "regions")
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    for scope in [PixelContrastLoss.Scope.image, .batch, .batchOfRegions] {
      let loss = PixelContrastLoss(
        .init(0.5, base: nil), pixelsPerClass: 2, ignoredLabel: 4, scope: scope)
      let result = checkGradient(at: [features]) { value(loss, $0[0], labels) }
      #expect(result.passes, "\(scope): \(result)")
    }
  }

  /// At most so many pixels of a class and image have a gradient; others are as if they were not there.
  @Test func theCapHolds() throws {
    let loss = PixelContrastLoss(pixelsPerClass: 2, ignoredLabel: 3)
    let rows = leaf(features)
    value(loss, rows, labels).backward()
    let sizes = try #require(rows.gradient).squared().sum(along: -1)
    for image in 0..<2 {
      for label in 0..<5 {
        let moved = (0..<12).filter {
          labels[image].scalars[$0] == Int32(label) && sizes[image].scalars[$0] > 0
        }
        #expect(moved.count == (label == 3 ? 0 : 2), "image \(image), class \(label)")
      }
    }
    // Another draw takes other pixels, the same draw the same.
    #expect(value(loss, rows, labels).item == value(loss, rows, labels).item)
    #expect((2..<9).contains { value(loss, rows, labels, seed: $0).item != value(loss, rows, labels).item })
  }

  /// Every pixel of a class is as likely as another.
  @Test func drawsAreEven() throws {
    var counts = [Int](repeating: 0, count: 6)
    var generator = SplitMix64(seed: 5)
    let loss = PixelContrastLoss(pixelsPerClass: 2)
    for _ in 0..<600 {
      let rows = leaf(testRows([1, 6, 3]))
      loss(rows, labels: Tensor([0, 0, 0, 0, 0, 1], shape: [1, 6]), using: &generator).backward()
      let sizes = try #require(rows.gradient).squared().sum(along: -1).scalars
      for place in 0..<6 where sizes[place] > 0 { counts[place] += 1 }
    }
    #expect(counts[5] == 600)
    // 600 * 2 / 5 = 240, with a deviation of 12.
    #expect(counts[0..<5].allSatisfy { abs($0 - 240) < 60 }, "\(counts)")
  }

  @Test func withoutPairsItIsZero() {
    let rows = leaf(features)
    let loss = value(PixelContrastLoss(pixelsPerClass: 1), rows, labels)
    loss.backward()
    #expect(loss.item == 0 && rows.gradient?.euclideanNorm == 0)
    let ignored = value(PixelContrastLoss(ignoredLabel: 9), rows, Tensor(repeating: 9, shape: [3, 3, 4]))
    #expect(ignored.item == 0)
  }
}
