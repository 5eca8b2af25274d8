import Foundation
import Superpixel
import Tensor
import Testing

/// Scores against reference values; see Fixtures/PROVENANCE.md.
@Suite struct QualityGoldenTests {
  struct Golden: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let shape: [Int]
    let labels: [Int32]
    let gt: [Int32]
    let image: [Float]
    let expected: [String: Double]
    var testDescription: String { name }

    static let all: [Golden] = {
      guard
        let url = Bundle.module.url(forResource: "quality", withExtension: "json", subdirectory: "Fixtures"),
        let data = try? Data(contentsOf: url)
      else { return [] }
      return (try? JSONDecoder().decode([Golden].self, from: data)) ?? []
    }()
  }

  @Test func goldensAreFound() { #expect(Golden.all.count == 4) }

  @Test(arguments: Golden.all)
  func scoresEqualTheReference(_ golden: Golden) throws {
    let labels = LabelMap(Tensor(golden.labels, shape: TensorShape(golden.shape)))
    let reference = LabelMap(Tensor(golden.gt, shape: TensorShape(golden.shape)))
    let image = Tensor(golden.image, shape: TensorShape(golden.shape))
    let error = SuperpixelQuality.undersegmentationError(of: labels, against: reference).superpixels
    let leakage = SuperpixelQuality.leakage(of: labels, against: reference).superpixels
    let scores = [
      "ue_min_difference": error.vanDenBergh,
      "ue_np": error.neubertProtzel,
      "ue_levin": error.levinshtein,
      "asa": SuperpixelQuality.achievableSegmentationAccuracy(of: labels, against: reference).superpixels,
      "leakage_fraction_superpixels": leakage.crossingShare,
      "boundary_recall_d=0.0025_r=0":
        SuperpixelQuality.boundaryRecall(
          of: labels, against: reference, radius: SuperpixelQuality.boundaryRadius(of: labels.shape)
        ).superpixels,
      "boundary_recall_d=0.02_r=0": SuperpixelQuality.boundaryRecall(of: labels, against: reference)
        .superpixels,
      "explained_variation": SuperpixelQuality.explainedVariation(of: labels, image: image).superpixels,
      "compactness": SuperpixelQuality.compactness(of: labels).superpixels,
    ]
    #expect(Set(scores.keys) == Set(golden.expected.keys))
    for (name, value) in golden.expected {
      #expect(abs((scores[name] ?? .nan) - value) < 1e-9, "\(name): \(scores[name] ?? .nan), not \(value)")
    }
    #expect(leakage.leakedMass == error.vanDenBergh)
  }
}
