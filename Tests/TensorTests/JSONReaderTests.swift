import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct JSONReaderTests {
  private func error(_ text: String) -> JSONError? { error(Array(text.utf8)) }

  private func error(_ bytes: [UInt8]) -> JSONError? {
    do throws(JSONError) {
      try JSONReader.check(bytes)
      return nil
    } catch {
      #expect((0...bytes.count).contains(error.position))
      return error
    }
  }

  @Test(arguments: [
    "{}", "[]", "null", " { } ", "\u{FEFF}{}", #"{"a": [1, -2.5e+3, 0, -0, 0.1E-7, true, false, null, ""]}"#,
    #"{"a": {"b": 1}, "b": {"a": 1}}"#, "[[[[[[]]]]]]", #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀""#,
    "\t[\r\n1\n]",
    // Two names that a person cannot tell apart, and two that only look like one.
    "{\"caf\u{E9}\": 1, \"cafe\u{301}\": 2}", #"{"a": 1, "A": 2, "a ": 3, "": 4}"#,
  ])
  func whatIsJSON(_ text: String) { #expect(error(text) == nil) }

  @Test(arguments: [
    (#"{"a": 1, "a": 1}"#, [String](), 9), (#"{"b": {"a": 1, "c": {}, "a": 2}}"#, ["b"], 24),
    (#"[{"x": [{"": 1, "": 1}]}]"#, ["x"], 16),
    // The same name with another spelling.
    (#"{"a": 1, "\u0061": 1}"#, [], 9), (#"{"é": 1, "\u00e9": 1}"#, [], 10),
    (#"{"😀": 1, "\ud83d\uDE00": 1}"#, [], 12), (#"{"/": 1, "\/": 1}"#, [], 9),
  ])
  func aKeyThatStandsTwice(_ text: String, _ path: [String], _ position: Int) {
    let error = error(text)
    #expect(error?.path == path && error?.position == position)
    #expect(error?.detail.contains("twice") == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
    "{a:1}", "{1:1}",
    "{\"a\":1 \"b\":2}", "{\"a\"=1}", "01", "-", "+1", "1.", ".5", "1e", "0x1", "1_0", "NaN", "Infinity",
    "True",
    "nul", "nulll", "'a'", "\"a", "\"\\", "\"\\u12", "\"\\x41\"", "\"\\u12G4\"", "\"\\ud800\"", "\"\\udc00\"",
    "\"\\ud800\\u0041\"", "\"a\nb\"", "\"a\u{0}b\"", "{} {}", "[] x", "1 1", "//\n1", "[1]]", "{]", "[}",
    String(repeating: "[", count: 100_000),
  ])
  func whatIsNoJSON(_ text: String) { #expect(error(text) != nil) }

  @Test func bytesThatAreNoUnicode() {
    for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
      #expect(error([0x22] + bytes + [0x22]) != nil, "\(bytes)")
      #expect(error([0x22] + bytes + Array("\\n\"".utf8)) != nil, "\(bytes)")
    }
    // The character that stands for broken ones is itself allowed.
    #expect(error("\"\u{FFFD}\"") == nil)
  }

  @Test func depthHasALimit() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(error(nested(128)) == nil)
    #expect(error(nested(129)) != nil)
    // Brackets beside one another are not nested.
    #expect(error("[" + [String](repeating: "[]", count: 1000).joined(separator: ",") + "]") == nil)
  }

  @Test func countsAreDigits() throws {
    func counts(_ text: String) throws(JSONError) -> [Int] {
      var reader = JSONReader(Array(text.utf8))
      let counts = try reader.counts()
      try reader.finish()
      return counts
    }
    #expect(try counts("[0, 7,9223372036854775807 ]") == [0, 7, .max])
    #expect(try counts("[]") == [])
    for text in [
      "true", "false", "null", "-1", "-0", "1.0", "1.5", "1e3", "1E3", "01", "00", "+1", "\"1\"", "[1]", "{}",
      "9223372036854775808", "99999999999999999999999", "", "0x10", "1a", "\u{0661}",
    ] {
      #expect(throws: JSONError.self, "\(text)") { try counts("[\(text)]") + counts("[1, \(text)]") }
    }
  }

  /// What is read here is what Foundation reads.
  @Test func stringsAreFoundations() throws {
    var generator = SplitMix64(seed: 8)
    let parts = ["a", "\"", "\\", "/", "\u{8}", "\n", "é", "e\u{301}", "😀", "\u{1F}", " ", "\u{2028}", "中"]
    for _ in 0..<200 {
      let text = (0..<6).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
      var reader = JSONReader(Array(try JSONSerialization.data(withJSONObject: [text])))
      var read: [String] = []
      try reader.array { reader throws(JSONError) in read.append(try reader.string()) }
      #expect(read.map { Array($0.utf8) } == [Array(text.utf8)])
    }
  }

  /// A text that is accepted here is accepted by Foundation, whatever its bytes; none ends the process.
  @Test func mutationsAreHarmless() {
    let text = Array(
      #"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"é\n":[1.5e-3,true,null,"x"]}"#.utf8)
    var generator = SplitMix64(seed: 3)
    var accepted = 0
    for _ in 0..<3000 {
      var changed = text
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        let place = Int.random(in: 0..<changed.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: changed[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: changed.remove(at: place)
        default: changed.insert(changed[Int.random(in: 0..<changed.count, using: &generator)], at: place)
        }
      }
      guard error(changed) == nil else { continue }
      accepted += 1
      #expect(
        (try? JSONSerialization.jsonObject(with: Data(changed), options: .fragmentsAllowed)) != nil,
        "\(String(decoding: changed, as: UTF8.self))")
    }
    #expect(accepted > 100)
  }
}

@Suite struct ExactNameTests {
  @Test func bytesTellNamesApart() {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    #expect(composed == decomposed)
    #expect(ExactName(composed) != ExactName(decomposed))
    #expect(Set([composed, decomposed, "caf", composed].map { ExactName($0) }).count == 3)
    // 0x65 before 0xC3.
    #expect(ExactName(decomposed) < ExactName(composed))
    #expect(ExactName("a") < ExactName("a.b") && !(ExactName("b") < ExactName("a.b")))
  }
}
