/// What every public error of this library tells: a code for programs, the field at fault, and one line for people.
///
/// A program decides by the code, whose cases carry the numbers that it may need; a log prints the error itself:
///
///     do {
///       try loop.run()
///     } catch let error as TrainingError {
///       if case .lossIsNotFinite(let step, _, _) = error.code { lowerTheRate(from: step) }
///       log(error)  // loss is nan at step 41
///     } catch let error as any CodedError {
///       log(error, field: error.field)
///     }
///
/// There is one such type a module, or two where a module has a second kind of work, such as reading files or judging
/// features. Two errors are equal when code, field and line are; ``underlying`` counts by what it prints.
public protocol CodedError: Error, Hashable, CustomStringConvertible {
  /// The kinds of failure, with what a program needs of each.
  associatedtype Code: Hashable & Sendable

  /// What went wrong.
  var code: Code { get }
  /// The setting, the parameter, the header's field or the array at fault, as it is spelled there; `nil` where there is none.
  var field: String? { get }
  /// What was found and what was expected, in words that name field and value.
  var context: String { get }
  /// The failure beneath this one, where there is one.
  var underlying: (any Error)? { get }
}

extension CodedError {
  public var field: String? { nil }
  public var underlying: (any Error)? { nil }
  public var description: String { line(of: nil) }

  public static func == (first: Self, second: Self) -> Bool {
    first.code == second.code && first.field == second.field && first.description == second.description
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    hasher.combine(description)
  }

  /// The one line: the place, the context, and what stands beneath.
  package func line(of place: String?) -> String {
    [place, context, underlying.map { "\($0)" }].compactMap(\.self).joined(separator: ": ")
  }
}
