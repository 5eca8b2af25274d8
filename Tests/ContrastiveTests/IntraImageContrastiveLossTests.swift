import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// ILCP.
@Suite struct IntraImageContrastiveLossTests {
  @Test(arguments: [1, 3]) func itIsTheReference(_ stride: Int) throws {
    let reference = try lossReferences()
    let first = leaf(try reference.tensor("ilcp.features1", as: Double.self))
    let second = leaf(try reference.tensor("ilcp.features2", as: Double.self))
    let labels = try reference.tensor("ilcp.labels", as: Int32.self)
    let loss = try IntraImageContrastiveLoss(sampling: .flat(stride: stride))(
      first, second, superpixels: labels)
    loss.backward()
    #expect(abs(loss.item - (try reference.number("ilcp.stride\(stride).value"))) <= 1e-10)
    for (name, leaf) in [("features1", first), ("features2", second)] {
      let expected = try reference.tensor("ilcp.stride\(stride).gradient.\(name)", as: Double.self)
      #expect(try #require(leaf.gradient).relativeError(to: expected) <= 1e-10, "\(name)")
    }
  }

  @Test(
    arguments: [PixelSampling.flat(stride: 1), .flat(stride: 2), .grid(stride: 2)],
    [
      PixelScope.image, .batch,
    ])
  func gradientsAgreeWithFiniteDifferences(_ sampling: PixelSampling, _ scope: PixelScope) {
    let labels = Tensor<Int32>((0..<30).map { Int32($0 / 4 % 4) }, shape: [2, 3, 5])
    let loss = IntraImageContrastiveLoss(.init(0.5), sampling: sampling, scope: scope)
    let result = checkGradient(at: [testRows([2, 3, 5, 4]), testRows([2, 3, 5, 4], seed: 8)]) {
      // The map fits, so nothing is thrown.
      (try? loss($0[0], $0[1], superpixels: labels)) ?? Variable(Double.nan)
    }
    #expect(result.passes, "\(result)")
  }

  @Test func eachImageIsALossByItselfAndTheMeanIsTaken() throws {
    let (first, second) = (testRows([2, 2, 3, 4]), testRows([2, 2, 3, 4], seed: 8))
    let labels = Tensor<Int32>([0, 0, 1, 1, 2, 2, 5, 5, 5, 6, 6, 6], shape: [2, 2, 3])
    let whole = try IntraImageContrastiveLoss()(
      Variable(first), Variable(second), superpixels: labels)
    let alone = (0..<2).map { image in
      SupervisedContrastiveLoss()(
        Variable(
          Tensor(concatenating: [first[image].reshaped([6, 4]), second[image].reshaped([6, 4])], along: 0)),
        labels: Tensor(concatenating: [labels[image].flattened(), labels[image].flattened()], along: 0)
      ).item
    }
    #expect(abs(whole.item - (alone[0] + alone[1]) / 2) <= 1e-12)
  }

  @Test func inTheBatchScopeSuperpixelsOfDifferentImagesAreNoPositives() throws {
    let (first, second) = (testRows([2, 1, 2, 3]), testRows([2, 1, 2, 3], seed: 8))
    let labels = Tensor<Int32>(zeros: [2, 1, 2])
    let (loss, counts) = try IntraImageContrastiveLoss(scope: .batch).evaluate(
      Variable(first), Variable(second), superpixels: labels)
    // Of four pixels of an image in two views, three are another one of the same superpixel.
    #expect(counts == Tensor(repeating: 3, shape: [1, 8]))
    let rows = Tensor(concatenating: [first.reshaped([4, 3]), second.reshaped([4, 3])], along: 0)
    let expected = SupervisedContrastiveLoss()(
      Variable(rows), labels: Tensor([0, 0, 1, 1, 0, 0, 1, 1]))
    #expect(abs(loss.item - expected.item) <= 1e-12)
  }

  /// The numbers of labels must not meet those of the image before.
  @Test func inTheBatchScopeAnyLabelsAreKeptApart() throws {
    let (first, second) = (testRows([2, 1, 2, 3]), testRows([2, 1, 2, 3], seed: 8))
    let (_, counts) = try IntraImageContrastiveLoss(scope: .batch).evaluate(
      Variable(first), Variable(second), superpixels: Tensor([0, .max, .max, 0], shape: [2, 1, 2]))
    #expect(counts == Tensor(repeating: 1, shape: [1, 8]))
  }

  @Test func samplingTakesEveryStridethPixel() throws {
    // Flat stride 2 on rows of three takes pixels 0, 2, 4, ...; a grid takes rows 0, 2 and columns 0, 2.
    let features = Variable(testRows([1, 3, 3, 2]))
    let labels = Tensor<Int32>([0, 1, 2, 3, 4, 5, 6, 7, 8], shape: [1, 3, 3])
    let flat = try IntraImageContrastiveLoss(sampling: .flat(stride: 2)).evaluate(
      features, features, superpixels: labels)
    #expect(flat.positiveCounts.shape == [1, 10])
    let grid = try IntraImageContrastiveLoss(sampling: .grid(stride: 2)).evaluate(
      features, features, superpixels: labels)
    #expect(grid.positiveCounts.shape == [1, 8])
  }

  @Test func extremesStayFinite() throws {
    let features = leaf(Tensor<Float>(repeating: 0.5, shape: [1, 4, 4, 3]))
    let loss = try IntraImageContrastiveLoss(.init(0.01))(
      features, features, superpixels: Tensor(zeros: [1, 4, 4]))
    loss.backward()
    // 32 equal rows, all positives: T/T0 log 31.
    #expect(abs(loss.item - Float(0.01 / 0.07 * log(31))) <= 1e-5)
    #expect(try #require(features.gradient).isFinite().scalars.allSatisfy { $0 })
  }

  @Test func aMapThatDoesNotFitNamesBothShapes() {
    let features = Variable(testRows([1, 2, 3, 4]))
    #expect(throws: PretrainingError(.superpixelMapDoesNotFit(map: [1, 4, 6], features: [1, 2, 3, 4]))) {
      try IntraImageContrastiveLoss()(features, features, superpixels: Tensor(zeros: [1, 4, 6]))
    }
  }
}
