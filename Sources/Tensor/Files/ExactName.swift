/// A name that equals another only when their UTF-8 bytes are equal, as names in files do.
///
/// `String` compares canonically: "é" as one code point and as "e" with a combining accent are one key of a
/// `[String: Value]`, and two names in a file.
package struct ExactName: Hashable, Comparable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (a: ExactName, b: ExactName) -> Bool {
    var (a, b) = (a.text, b.text)
    return a.withUTF8 { left in b.withUTF8 { left.elementsEqual($0) } }
  }

  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// The order of the bytes.
  package static func < (a: ExactName, b: ExactName) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }
}
