import ExampleSupport
import ExampleTestSupport
import ExperimentKit
import Foundation
import Testing

@Suite struct ExperimentSettingsTests {
  private let program: ExampleProgram

  init() throws { program = try ExampleProgram("experiments") }

  /// What a settings file holds, the exit code, and what the line says.
  @Test(arguments: [
    ("{", 65, "settings.json: settings: "),
    ("[]", 65, "must be a JSON object"),
    (#"{"width": 8, "width": 16}"#, 65, "the key \"width\" stands twice"),
    (#"{"widht": 8}"#, 65, "widht: there is no such field"),
    (#"{"compare": {"probe": {"levels": 2}}}"#, 65, "compare.probe.levels: there is no such field"),
    (#"{"compare": {"methods": [{"name": "MoCo", "preset": 1}]}}"#, 65, "methods.0.preset: there is no such"),
    (#"{"width": "wide"}"#, 65, #"width = "wide": must be a whole number"#),
    (#"{"cohort": {"size": [1, 1e400]}}"#, 65, "cohort.size.1: is a number that no Double holds"),
    (#"{"compare": {"viewSize": 32.5}}"#, 65, "compare.viewSize = 32.5: must be a whole number"),
    (#"{"compare": {"vewSize": null}}"#, 65, "compare.vewSize: there is no such field"),
    (#"{"width": 0}"#, 65, "width = 0: must be at least 1"),
    (#"{"longestSide": 8}"#, 65, "longestSide = 8: must be at least 16"),
    (#"{"seeds": []}"#, 65, "seeds = []"), (#"{"seeds": [1, 1]}"#, 65, "seeds = [1, 1]"),
    (#"{"seeds": [9007199254740993]}"#, 65, "9007199254740993: must be at most 2^53"),
    (#"{"data": []}"#, 65, "data: sets with different names"),
    (#"{"data": [{"name": "a", "images": "x"}]}"#, 65, "data.0: lacks 'labels'"),
    (#"{"cohort": {"size": [1.1, 0.9]}}"#, 65, "cohort.size"),
    (#"{"cohort": {"size": [0, 1]}}"#, 65, "cohort.size = 0.0: must be positive"),
    (#"{"cohort": {"testPatientsPerSlab": 0}}"#, 65, "cohort.testPatientsPerSlab = 0"),
    (#"{"cohort": {"noise": [-1, 1]}}"#, 65, "cohort.noise = -1.0: must not be negative"),
    (#"{"compare": {"fractions": [0]}}"#, 65, "compare.fractions = [0.0]"),
    (#"{"compare": {"protocols": []}}"#, 65, "compare.protocols"),
    (#"{"compare": {"methods": [{"name": "Moko"}]}}"#, 64, "there is no such method; there are SuperCL"),
    (#"{"compare": {"curvePoints": 0}}"#, 65, "compare.curvePoints = 0"),
    (#"{"compare": {"probe": {"rates": []}}}"#, 65, "compare.probe.rates"),
    (#"{"compare": {"viewSize": 40}}"#, 65, "compare.viewSize = 40: must be a multiple of 16"),
    (#"{"compare": {"scored": "train"}}"#, 65, "compare.scored = train"),
    (#"{"compare": {"scored": "best"}}"#, 65, "compare.scored"),
    (#"{"compare": {"methods": [{"name": "PCL", "imageCount": 0}]}}"#, 65, "imageCount = 0"),
    (
      #"{"compare": {"methods": [{"name": "PCL", "pretrainedOn": "MRI"}]}}"#, 65,
      "pretrainedOn = 'MRI': there is no such data set"
    ),
    (
      #"{"compare": {"methods": [{"name": "PCL", "imageCount": 100000}]}}"#, 65,
      "100000 images to pre-train on are asked for, there are"
    ),
    (#"{"ablations": {"strides": []}}"#, 65, "ablations.strides = []"),
    (#"{"ablations": {"fractions": [2]}}"#, 65, "ablations.fractions = [2.0]"),
    (#"{"failures": {"emptiedBehind": 9}}"#, 65, "failures.emptiedBehind = 9"),
    (#"{"volumes": {"patch": [3, 32, 32]}}"#, 65, "volumes.patch = [3, 32, 32]"),
    (#"{"volumes": {"patch": [8, 24, 32]}}"#, 65, "volumes.patch = [8, 24, 32]"),
    (#"{"paper": {"epochs": 0}}"#, 65, "paper.epochs = 0"),
    (
      #"{"data": [{"name": "a", "images": "x", "labels": "y", "unlabelled": [{"name": "b", "images": "z", "planes": []}]}]}"#,
      65, "unlabelled 'b': planes"
    ),
    (#"{"superpixels": {"counts": [0]}}"#, 65, "superpixels.counts = [0]"),
    (#"{"superpixels": {"compactness": 0}}"#, 65, "superpixels.compactness"),
    (
      #"{"data": [{"name": "a", "images": "fetched/none.nii", "labels": "x"}]}"#, 66,
      "none.nii: no such file; Examples/fetch-data.sh gets it"
    ),
    (#"{"data": [{"name": "a", "images": "none.nii", "labels": "x"}]}"#, 66, "none.nii: no such file"),
    (
      #"{"data": [{"name": "a", "images": "settings.json", "labels": "settings.json"}]}"#, 65, "settings.json"
    ),
    (
      #"{"compare": {"methods": [{"name": "SuperCL", "settings": {"temperature": -1}}]}}"#, 65,
      "compare.methods 'SuperCL': SuperCL: temperature = -1.0: must be positive"
    ),
    (
      #"{"compare": {"methods": [{"name": "MoCo", "settings": {"tempertaure": 1}}]}}"#, 65,
      "tempertaure = 1: there is no such field"
    ),
  ])
  func everyBadSettingIsALineAndACode(json: String, code: Int, line: String) throws {
    try Data(json.utf8).write(to: program.folder.appending(path: "settings.json"))
    let outcome = try program.run("compare", "--quick", "--settings", "settings.json", "--output", "out")
    #expect(Int(outcome.code) == code, "\(outcome.errors)")
    #expect(outcome.errorLines == 1 && outcome.errors.hasPrefix("experiments: "), "\(outcome.errors)")
    #expect(outcome.errors.contains(line), "\(outcome.errors)")
  }

  @Test func wrongArgumentsAreALineAndACode() throws {
    try Data().write(to: program.folder.appending(path: "file"))
    for (arguments, code) in [
      (["compare", "--nonsense"], 64), (["everything"], 64), (["compare", "--settings", "none.json"], 66),
      (["leakage", "--quick", "--output", "file"], 73), (["transfer", "--quick"], 65),
      (["paper", "Everything", "x"], 64), (["paper", "ACDC"], 64), (["paper", "ACDC", "none"], 66),
    ] {
      let outcome = try program.run(arguments)
      #expect(Int(outcome.code) == code && outcome.errorLines == 1, "\(arguments): \(outcome.errors)")
    }
    #expect(try program.run("--help").code == 0)
  }

  @Test func settingsArePrintedInTheFormThatIsRead() throws {
    let outcome = try program.run("compare", "--show-settings")
    #expect(outcome.code == 0)
    try Data(outcome.output.utf8).write(to: program.folder.appending(path: "whole.json"))
    let again = try program.run("leakage", "--show-settings", "--settings", "whole.json")
    #expect(again.output == outcome.output && again.code == 0)
    let read = try ExperimentSettings.quick.replacing(with: Data(outcome.output.utf8), from: "whole.json")
    #expect(read.width == 16 && read.compare.protocols == [.paper, .tuned])
  }

  @Test func theMRIIsAddedByAFlag() throws {
    #expect(try !program.run("compare", "--show-settings").output.contains("MRI"))
    let outcome = try program.run("compare", "--show-settings", "--with-mri")
    #expect(outcome.output.contains("\"name\" : \"MRI\"") && outcome.output.contains("hippocampus"))
  }

  /// The protocol called the paper's has the paper's numbers.
  @Test func thePapersProtocolIsThePapers() {
    let paper = FineTuningProtocol.paper
    #expect(paper.diceWeight == 0 && paper.crossEntropyWeight == 1 && paper.batchSize == 5)
    #expect(paper.schedules == [FineTuningSchedule(rate: 5e-4, floor: 5e-6)])
    #expect(paper.weightDecay == 1e-5 && paper.augmentation == .paper && paper.budgets == [300, 1000])
    // Every method has the same candidates.
    #expect(FineTuningProtocol.tuned.schedules.count > 1 && FineTuningProtocol.tuned.diceWeight == 1)
  }
}
