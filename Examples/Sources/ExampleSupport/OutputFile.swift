public import Foundation

/// Writes a file whole or not at all.
///
/// - Throws: ``ExampleFailure`` of the kind `cannotCreate`.
public func writeOutput(_ data: Data, to url: URL) throws(ExampleFailure) {
  do {
    try data.write(to: url, options: .atomic)
  } catch {
    throw ExampleFailure(.cannotCreate, "\(url.path): cannot be written")
  }
}

/// The same for text.
public func writeOutput(_ text: String, to url: URL) throws(ExampleFailure) {
  try writeOutput(Data(text.utf8), to: url)
}
