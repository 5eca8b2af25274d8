public import ArgumentParser

extension ParsableArguments {
  /// Refuses a number of an option that lies outside a range; one that was not given is fine.
  ///
  /// - Throws: ``ExampleFailure`` (64), naming option, value and range.
  public func require(
    _ option: String, _ value: Int?, _ least: Int, _ most: Int = .max
  ) throws(ExampleFailure) {
    guard let value, value < least || value > most else { return }
    let range = most == .max ? "at least \(least)" : "in \(least)...\(most)"
    throw ExampleFailure(.usage, "\(option) = \(value): must be \(range)")
  }
}
