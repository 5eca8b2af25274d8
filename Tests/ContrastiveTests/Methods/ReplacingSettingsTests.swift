import Contrastive
import Foundation
import NN
import Superpixel
import Tensor
import Testing

/// Parts of a method from a JSON file.
@Suite struct ReplacingSettingsTests {
  private func replaced<Method: PretrainingMethod>(_ method: Method, _ json: String) throws -> Method {
    try method.replacingSettings(from: Data(json.utf8))
  }

  @Test func fieldsAtAnyDepthAreReplacedAndOthersKept() throws {
    var expected = MoCo.small
    expected.temperature = 0.25
    expected.recipe.steps = 7
    expected.recipe.seed = .max
    expected.hiddenFeatures = 48
    expected.optimization.rate = 1e-3
    let json = #"""
      {"temperature": 2.5e-1, "recipe": {"steps": 7, "seed": 18446744073709551615}, "hiddenFeatures": 48,
       "optimization": {"rate": 1e-3}}
      """#
    #expect(try replaced(MoCo.small, json) == expected)
    #expect(try replaced(MoCo.small, "\u{FEFF}{}") == MoCo.small)
    #expect(try replaced(expected, #"{"hiddenFeatures": null}"#).hiddenFeatures == nil)
    // An empty field that stays empty.
    #expect(try replaced(MoCo.small, #"{"hiddenFeatures": null}"#) == MoCo.small)
    #expect(
      try replaced(SwAV.small, #"{"queue": {"length": 32, "startStep": 5}}"#).queue
        == .init(length: 32, startStep: 5))
  }

  @Test func casesWithValuesRangesAndListsAreReplacedWhole() throws {
    var expected = SuperCL.small
    expected.intraLevel = .stage(1)
    expected.slic.segmentCount = .fixed(30)
    expected.fixedAugmentation.brightness = 0.5...1
    expected.positionThreshold = nil
    let json = #"""
      {"intraLevel": {"stage": {"_0": 1}}, "slic": {"segmentCount": {"fixed": 30}},
       "fixedAugmentation": {"brightness": [0.5, 1]}, "positionThreshold": null}
      """#
    #expect(try replaced(SuperCL.small, json) == expected)
    var crops = MoCo.small
    crops.views = .crops(
      MultiCrop([.init(count: 2, size: 32, area: 0.5...1, ratio: 1...1)], intensity: .moCo))
    let list =
      #"{"views": {"crops": {"_0": {"crops": [{"count": 2, "size": 32, "area": [0.5, 1], "ratio": [1, 1]}]}}}}"#
    #expect(try replaced(MoCo.small, list) == crops)
  }

  @Test(arguments: [
    SuperCL.small.settingsJSON(), SuperCL.brats.settingsJSON(), SuperCL.asReleased.settingsJSON(),
  ])
  func whatIsWrittenIsReadBack(json: String) throws {
    #expect(try replaced(SuperCL(), json).settingsJSON() == json)
  }

  /// A person who reads the settings sees what may be filled in.
  @Test func emptyFieldsAreWritten() {
    let lines = SuperCL.brats.settingsJSON().split(separator: "\n").map {
      $0.trimmingPrefix(while: \.isWhitespace)
    }
    for field in ["blur", "contrast"] { #expect(lines.contains("\"\(field)\": null,")) }
    #expect(MoCo.small.settingsJSON().contains("\n  \"hiddenFeatures\": null,\n"))
    #expect(SwAV.small.settingsJSON().contains("\n  \"queue\": null,\n"))
    var crops = MoCo.small
    crops.views = .crops(MultiCrop([.init(count: 2, size: 32, area: 0.5...1)], intensity: nil))
    #expect(crops.settingsJSON().contains("\"intensity\": null,"))
    #expect(crops.settingsJSON().contains("\"area\": [0.5, 1],"))
  }

  /// Field, value and reason of what cannot be taken.
  @Test(arguments: [
    (
      #"{"tempertaure": 0.1}"#, "tempertaure", "0.1",
      "there is no such field; there are embeddingSize, hiddenFeatures, keyGroups"
    ),
    (
      #"{"recipe": {"epochs": 3}}"#, "recipe.epochs", "3",
      "there is no such field; there are accumulation, batchSize"
    ),
    (#"{"recipe": {"epochs": null}}"#, "recipe.epochs", "null", "there is no such field"),
    (#"{"temperature": "warm"}"#, "temperature", #""warm""#, "must be a number"),
    (#"{"temperature": true}"#, "temperature", "true", "must be a number"),
    (#"{"temperature": null}"#, "temperature", "null", "must not be null"),
    (#"{"recipe": 3}"#, "recipe", "3", "must be an object"),
    (#"{"recipe": {"steps": 1.5}}"#, "recipe.steps", "1.5", "must be a whole number that fits"),
    (
      #"{"temperature": 0.1, "recipe": {"seed": -1}}"#, "recipe.seed", "-1",
      "must be a whole number that fits"
    ),
    (
      #"{"recipe": {"batchSize": 99999999999999999999}}"#, "recipe.batchSize", "99999999999999999999",
      "must be a whole"
    ),
    (#"{"recipe": {"steps": "many"}}"#, "recipe.steps", #""many""#, "must be a whole number"),
    (#"{"recipe": {"lastBatch": "lost"}}"#, "recipe.lastBatch", #""lost""#, "lost"),
    (#"{"views": {"cropped": {}}}"#, "views.cropped", "{}", "there is no such field; there are crops"),
    (
      #"{"views": {"varied": {"_0": {"count": 2}}}}"#, "views.varied._0", #"{"count": 2}"#,
      "lacks 'patchSize'"
    ),
    (
      #"{"views": {"crops": {"_0": {"crops": [{"count": 2, "size": 32, "area": [0.5, 1], "ratio": [1, 1], "hue": 1}]}}}}"#,
      "views.crops._0.crops.0.hue", "1", "there is no such field"
    ),
    (#"{"temperature": 0.1, "temperature": 0.2}"#, "settings", #"{"temperature": 0.1, "te"#, "stands twice"),
    (#"{"temperature": 0.1"#, "settings", #"{"temperature": 0.1"#, "no JSON"),
    ("[1]", "settings", "[1]", "must be an object"), ("", "settings", "", "no JSON"),
  ])
  func whatCannotBeTakenIsNamed(json: String, field: String, value: String, reason: String) throws {
    let error = try #require(throws: PretrainingError.self) { _ = try replaced(MoCo.small, json) }
    #expect(error.description.hasPrefix("MoCo: \(field) = \(value): "), "\(error)")
    #expect(error.description.contains(reason), "\(error)")
  }
}
