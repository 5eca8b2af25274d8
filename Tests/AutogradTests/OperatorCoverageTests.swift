import Autograd
import Foundation
import Tensor
import TestSupport
import Testing

/// Every public operator over floating-point scalars has a gradient check, or a reason why it has none.
///
/// The operators are read from the sources, so a new one fails here until somebody decides.
@Suite struct OperatorCoverageTests {
  /// Operators without a gradient check, and why.
  static let reasons: [String: String] = [
    ".<": "its result is a mask", ".<=": "its result is a mask", ".>": "its result is a mask",
    ".>=": "its result is a mask", ".==": "its result is a mask", ".!=": "its result is a mask",
    "isNaN": "its result is a mask", "isFinite": "its result is a mask",
    "+=": "left = left + right", "-=": "left = left - right", "*=": "left = left * right",
    "/=": "left = left / right",
    "argmax": "constant almost everywhere; traps on a tracked variable",
    "argmin": "constant almost everywhere; traps on a tracked variable",
    "argsorted": "constant almost everywhere; traps on a tracked variable",
    "sign": "constant almost everywhere; traps on a tracked variable",
    "conv2DDataGradient": "a gradient itself: second derivatives are not offered",
    "conv2DDataGradients": "a gradient itself: second derivatives are not offered",
    "conv2DWeightGradient": "a gradient itself: second derivatives are not offered",
    "conv2DParameterGradients": "a gradient itself: second derivatives are not offered",
    "conv3DDataGradient": "a gradient itself: second derivatives are not offered",
    "conv3DParameterGradients": "a gradient itself: second derivatives are not offered",
    "conv3DDataGradients": "a gradient itself: second derivatives are not offered",
    "conv3DWeightGradient": "a gradient itself: second derivatives are not offered",
    "convolutionBiasGradient": "a gradient itself: second derivatives are not offered",
    "transposedConv2DDataGradient": "a gradient itself: second derivatives are not offered",
    "transposedConv3DDataGradient": "a gradient itself: second derivatives are not offered",
    "transposedConv2DWeightGradient": "a gradient itself: second derivatives are not offered",
    "transposedConv3DWeightGradient": "a gradient itself: second derivatives are not offered",
    "resizedNearest": "for labels, on tensors alone; upsampledNearest is the differentiable one",
    "resampledNearest": "for labels, on tensors alone; upsampledNearest is the differentiable one",
    "sampledNearest": "for labels, on tensors alone; sampled is the differentiable one",
    "warpedNearest": "for labels, on tensors alone; warped is the differentiable one",
    "replace": "changes a tensor in place; replacing is the differentiable form",
    "replaceBox": "changes a tensor in place; replacing is the differentiable form",
    "elasticDisplacementFor": "draws random numbers; nothing flows into it",
  ]

  @Test func everyOperatorHasAGradientCheckOrAReason() throws {
    let operators = try Self.publicOperators()
    // Reading the sources must not fail silently: these are there.
    for known in [
      "+", "negation", "conv2D", "concatenating", "magnitude", "subscript", "logSumExp", "warped",
    ] {
      #expect(operators[known] != nil, "\(known) was not found in the sources")
    }
    let checked = try Self.checkedNames()
    for (name, file) in operators.sorted(by: { $0.key < $1.key })
    where !checked.contains(name) && Self.reasons[name] == nil {
      Issue.record("\(name) in \(file) has neither a gradient check nor a reason")
    }
  }

  @Test func noReasonIsOutOfDate() throws {
    let operators = try Self.publicOperators()
    let checked = try Self.checkedNames()
    for name in Self.reasons.keys.sorted() {
      #expect(operators[name] != nil, "\(name) has a reason but is no public operator")
      #expect(!checked.contains(name), "\(name) has a reason and a gradient check")
    }
  }

  // MARK: Operators without backward

  @Test func argmaxTrapsAndNamesItself() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = tracked.argmax(along: 0) }
    expectMessage(result, "argmax has no gradient")
  }

  @Test func argminTrapsAndNamesItself() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = tracked.argmin(along: 0) }
    expectMessage(result, "argmin has no gradient")
  }

  @Test func argsortedTrapsAndNamesItself() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = tracked.argsorted(along: 0) }
    expectMessage(result, "argsorted has no gradient")
  }

  @Test func signTrapsAndNamesItself() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = tracked.sign() }
    expectMessage(result, "sign has no gradient")
  }

  @Test func theyWorkOnConstantsAndUnrecorded() {
    #expect(Variable(Tensor<Double>([1, 3, 2])).argmax(along: 0).item == 1)
    #expect(withoutGradient { tracked.argmin(along: 0).item } == 0)
    #expect(tracked.detached().sign().value == Tensor([1, 1, 1]))
  }

  private func expectMessage(
    _ result: ExitTest.Result?, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
  }

  // MARK: Reading the sources

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func swiftFiles(in folder: String) throws -> [URL] {
    let url = root.appendingPathComponent(folder)
    let all = try #require(FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil))
    return all.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
  }

  /// The names of the checks: the literals of `expectGradient(of: "...`.
  private static func checkedNames() throws -> Set<String> {
    var names: Set<String> = []
    for file in try swiftFiles(in: "Tests/AutogradTests") {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /expectGradient\(\s*of: "([^"]+)"/) { names.insert(String(match.1)) }
    }
    return names
  }

  /// The public operators of both modules that take floating-point scalars, each with the file it stands in.
  private static func publicOperators() throws -> [String: String] {
    var operators: [String: String] = [:]
    for folder in ["Sources/Tensor/Operators", "Sources/Autograd/Operators"] {
      for file in try swiftFiles(in: folder) {
        for name in names(in: try String(contentsOf: file, encoding: .utf8)) {
          operators[name] = "\(folder)/\(file.lastPathComponent)"
        }
      }
    }
    return operators
  }

  /// The names that the extensions of `Tensor` and `Variable` in a source file declare.
  private static func names(in source: String) -> [String] {
    var isCounted = false
    var names: [String] = []
    let lines = source.split(separator: "\n")
    for (index, line) in lines.enumerated() {
      if !line.hasPrefix(" ") && !line.hasPrefix("}") && line.contains("{") {
        let isTensor = line.hasPrefix("extension Tensor ") || line.hasPrefix("extension Variable ")
        isCounted = isTensor && !line.contains("TensorIntegerScalar") && !line.contains("== Bool")
      }
      guard isCounted, let match = line.firstMatch(of: declaration) else { continue }
      if line.contains("prefix func -") {
        names.append("negation")
      } else if match.1 == "init" {
        // An initializer is named by its first label, which may stand on the next line.
        let next = index + 1 < lines.count ? lines[index + 1].drop { $0 == " " } : ""
        names.append(String((match.2.isEmpty ? next : match.2).prefix { $0.isLetter || $0.isNumber }))
      } else if match.1 == "subscript" {
        names.append("subscript")
      } else {
        // A word ends at the first character that is no part of it; an operator stands alone.
        let isWord = match.2.first?.isLetter ?? false
        names.append(String(isWord ? match.2.prefix { $0.isLetter || $0.isNumber } : match.2))
      }
    }
    return names
  }

  nonisolated(unsafe) private static let declaration =
    /^  public (?:static |prefix |mutating |convenience )*(func|var|init|subscript)[ (]*(\S*)/
}

/// A variable that tracks its gradient.
private var tracked: Variable<Double> { Variable(Tensor([1, 3, 2]), requiresGradient: true) }
