extension ScoreReport {
  /// The report as JSON: `cases`, a row per case and class, and `summary`, a row per class and metric.
  ///
  /// A number that does not exist, or is infinite, is `null`; the reason stands in `undefined`, and `missed`
  /// tells a miss from an absent class. Keys are sorted, so equal reports give equal bytes.
  public func json(
    undefined policy: UndefinedScorePolicy, level: Double = 0.95, resampleCount: Int = 2000,
    using generator: inout some RandomNumberGenerator
  ) -> String {
    let rows = cases.flatMap { scores in
      scores.classes.map { caseRow(scores.name, $0) }
    }
    let summary = summaries(undefined: policy).map { summary in
      let interval = summary.interval(level: level, resampleCount: resampleCount, using: &generator)
      return JSONValue.object([
        "class": .string(summary.name), "metric": .string(summary.metric), "mean": .number(summary.mean),
        "sd": .number(summary.standardDeviation), "median": .number(summary.median),
        "ci_level": .number(level), "ci_low": .number(interval?.lowerBound),
        "ci_high": .number(interval?.upperBound), "used": .integer(summary.used),
        "skipped": .integer(summary.skipped), "missed": .integer(summary.missed),
        "false_alarms": .integer(summary.falseAlarms),
      ])
    }
    return JSONValue.object(["cases": .array(rows), "summary": .array(summary)]).text + "\n"
  }

  private func caseRow(_ name: String, _ entry: ClassScores) -> JSONValue {
    var fields: [String: JSONValue] = [
      "case": .string(name), "class": .string(entry.segmentationClass.name),
      "label": .integer(Int(entry.segmentationClass.label)), "missed": .integer(entry.isMissed ? 1 : 0),
      "false_alarm": .integer(entry.isFalseAlarm ? 1 : 0),
      "voxels": .object([
        "tp": .integer(entry.counts.truePositives), "fp": .integer(entry.counts.falsePositives),
        "fn": .integer(entry.counts.falseNegatives), "tn": .integer(entry.counts.trueNegatives),
      ]),
    ]
    var reasons: [String: JSONValue] = [:]
    for metric in metrics {
      fields[metric.key] = .number(entry[metric.key]?.value)
      if let reason = entry[metric.key]?.undefinedReason { reasons[metric.key] = .string(reason.rawValue) }
    }
    fields["undefined"] = .object(reasons)
    return .object(fields)
  }
}

/// What JSON can hold; numbers that it cannot hold are null.
private enum JSONValue {
  case number(Double?)
  case integer(Int)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  var text: String { text(indent: "") }

  private func text(indent: String) -> String {
    switch self {
    case .number(let number):
      guard let number, number.isFinite else { return "null" }
      return "\(number)"
    case .integer(let integer): return "\(integer)"
    case .string(let string): return Self.quoted(string)
    case .array(let values):
      guard !values.isEmpty else { return "[]" }
      let lines = values.map { indent + "  " + $0.text(indent: indent + "  ") }
      return "[\n" + lines.joined(separator: ",\n") + "\n" + indent + "]"
    case .object(let fields):
      let parts = fields.keys.sorted().map { key in
        Self.quoted(key) + ": " + (fields[key]?.text(indent: indent + "  ") ?? "null")
      }
      // Rows stay on one line, for eyes and for line tools.
      let holdsRows = fields.values.contains { if case .array = $0 { true } else { false } }
      guard holdsRows else { return "{" + parts.joined(separator: ", ") + "}" }
      let inner = indent + "  "
      return "{\n" + parts.map { inner + $0 }.joined(separator: ",\n") + "\n" + indent + "}"
    }
  }

  private static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
