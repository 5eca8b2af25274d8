/// A precondition whose message is printed in release builds too.
///
/// Swift's own `precondition` stops an optimised program without a word; a shape that does not fit is the
/// commonest mistake of all, and its message names both shapes. The message is built only on failure.
@inline(__always)
package func shapePrecondition(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { shapePreconditionFailure(message(), file: file, line: line) }
}

/// Stops the program with a message, in release builds too.
@inline(never)
package func shapePreconditionFailure(
  _ message: String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError(message, file: file, line: line)
}
