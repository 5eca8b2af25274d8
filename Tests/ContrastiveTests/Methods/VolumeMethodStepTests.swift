import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// One step of PCL, WCL, GCL and DiRA is PyTorch's, written there from the papers.
@Suite struct VolumeMethodStepTests {
  private let key = RandomKey(seed: 3)

  @Test func pclIsPyTorchs() throws {
    let reference = try ReferenceStep("pcl")
    let method = PCL()
    let positions = try reference.values.tensor("positions", as: Double.self).scalars
    let views = try PlacedViews([reference.view(1), reference.view(2)], positions: positions)
    try reference.expectAgreement(method, method.makeLearner(referenceBlueprint, key: key), views)
  }

  @Test func wclIsPyTorchs() throws {
    let reference = try ReferenceStep("wcl")
    var method = WCL()
    (method.hiddenFeatures, method.embeddingSize) = (10, 6)
    let views = try [reference.view(1), reference.view(2)]
    try reference.expectAgreement(method, method.makeLearner(referenceBlueprint, key: key), views)
  }

  @Test func theGlobalStageOfGCLIsPyTorchs() throws {
    let reference = try ReferenceStep("gcl")
    var method = GCL(parts: 2)
    (method.hiddenFeatures, method.embeddingSize) = (10, 6)
    try reference.expectAgreement(
      method, method.makeLearner(referenceBlueprint, key: key), reference.view(1))
  }

  @Test func theLocalStageOfGCLIsPyTorchs() throws {
    let reference = try ReferenceStep("gcl_local")
    var method = GCLLocal(decoderStages: 1)
    method.embeddingSize = 6
    let views = try [reference.view(1), reference.view(2)]
    try reference.expectAgreement(method, method.makeLearner(referenceBlueprint, key: key), views)
  }

  @Test func diraIsPyTorchs() throws {
    let reference = try ReferenceStep("dira")
    var method = DiRA()
    method.adversary?.widths = [3, 4, 5]
    (method.queueLength, method.embeddingSize) = (8, 6)
    (method.queryGroups, method.keyGroups) = (1, 1)
    let views = try DiRAViews(
      distorted: [reference.view(1), reference.view(2)], original: reference.values.tensor("original"))
    try reference.expectAgreement(method, method.makeLearner(referenceBlueprint, key: key), views)
  }
}
