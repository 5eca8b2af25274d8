extension ScoreReport {
  /// A row per case and class: the scores, `-` where one is undefined, and whether the class was missed.
  ///
  /// - Parameter digits: decimals of the scores; `nil` for all of them.
  public func caseTable(digits: Int? = 4) -> ScoreTable {
    let rows = cases.flatMap { scores in
      scores.classes.map { entry in
        [scores.name, entry.segmentationClass.name]
          + metrics.map { (entry[$0.key]?.value).formatted(digits) }
          + [entry.isMissed ? "1" : "0"]
      }
    }
    return ScoreTable(header: ["case", "class"] + metrics.map(\.key) + ["missed"], rows: rows)
  }

  /// A row per class and metric and one per metric for the mean over classes: mean, standard deviation,
  /// median and confidence interval over the cases, and how many were used, skipped, missed and false alarms.
  ///
  /// - Parameters:
  ///   - generator: draws the bootstrap's samples.
  ///   - policy: What an undefined score counts for.
  ///   - level: The coverage of the interval.
  ///   - resampleCount: Resamples of the bootstrap.
  ///   - digits: Digits behind the point.
  public func summaryTable(
    undefined policy: UndefinedScorePolicy, level: Double = 0.95, resampleCount: Int = 2000, digits: Int? = 4,
    using generator: inout some RandomNumberGenerator
  ) -> ScoreTable {
    let percent = (level * 100).shortDescription
    let header = [
      "class", "metric", "mean", "sd", "median", "ci\(percent)_low", "ci\(percent)_high", "used", "skipped",
      "missed", "false_alarms",
    ]
    let rows = summaries(undefined: policy).map { summary in
      let interval = summary.interval(level: level, resampleCount: resampleCount, using: &generator)
      let numbers = [
        summary.mean, summary.standardDeviation, summary.median, interval?.lowerBound, interval?.upperBound,
      ]
      return [summary.name, summary.metric] + numbers.map { $0.formatted(digits) }
        + [summary.used, summary.skipped, summary.missed, summary.falseAlarms].map(String.init)
    }
    return ScoreTable(header: header, rows: rows)
  }

  /// The summaries of all classes and metrics, and of the mean over classes.
  public func summaries(undefined policy: UndefinedScorePolicy) -> [ScoreSummary] {
    classes.flatMap { segmentationClass in
      metrics.map { summary(of: $0.key, class: segmentationClass, undefined: policy) }
    } + metrics.map { meanSummary(of: $0.key, undefined: policy) }
  }
}

extension Double? {
  /// A cell: the number with `digits` decimals, or `-`.
  func formatted(_ digits: Int?) -> String {
    guard let self else { return ScoreTable.noNumber }
    guard let digits, self.isFinite else { return "\(self)" }
    return self.fixed(digits)
  }
}

extension Double {
  /// Decimal notation with a fixed number of decimals, a point whatever the locale.
  fileprivate func fixed(_ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (magnitude * scale).rounded()
    guard scaled < 9e15 else { return "\(self)" }
    let whole = Int(scaled)
    let unit = Int(scale)
    let sign = self < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return sign + "\(whole)" }
    let decimals = String(whole % unit)
    return sign + "\(whole / unit)." + String(repeating: "0", count: digits - decimals.count) + decimals
  }
}
