import Foundation
import Tensor
import Testing

/// JSON as a tree of values.
@Suite struct JSONValueTests {
  private func tree(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)) }

  @Test func numbersStayAsTheyAreWritten() throws {
    let text = #"{"a": [18446744073709551615, 0.10, -1E+3, true, null], "b": {}, "c": []}"#
    #expect(try tree(text).text == text)
    #expect(try tree("\u{FEFF} 1e0 ") == .token("1e0"))
  }

  /// Foundation reads what is written back as the same text.
  @Test(arguments: ["plain", "quote \" and \\", "line\nbreak\u{1}\u{1F}", "\u{E9}\u{1F600}\u{7F}", ""])
  func stringsAreWrittenAsTheyWereRead(string: String) throws {
    let data = try JSONEncoder().encode([string: string])
    let value = try JSONValue(Array(data))
    #expect(value == .object([string: .string(string)]))
    #expect(try JSONDecoder().decode([String: String].self, from: Data(value.text.utf8)) == [string: string])
  }

  @Test func indentedTextIsTheSameTree() throws {
    let value = try tree(#"{"short": [1, 2], "deep": [{"x": {"y": null}}], "none": {}}"#)
    let lines = """
      {
        "deep": [
          {
            "x": {
              "y": null
            }
          }
        ],
        "none": {},
        "short": [1, 2]
      }
      """
    #expect(value.indentedText() == lines)
    #expect(try tree(lines) == value)
  }

  @Test(arguments: [#"{"a": 1, "\u0061": 2}"#, "[1,]", "{", "1 2", "01", "tru", ""])
  func whatIsNotStrictJSONIsRefused(text: String) {
    #expect(throws: JSONError.self) { try tree(text) }
  }
}
