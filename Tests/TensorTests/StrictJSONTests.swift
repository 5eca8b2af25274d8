import Tensor
import Testing

/// The public question; what JSON is and is not stands in `JSONReaderTests`.
@Suite struct StrictJSONTests {
  @Test(arguments: ["{}", #"{"steps": 100, "rate": {"steps": 1}}"#, "\u{FEFF}[1]"])
  func whatIsReadWholeHasNoFault(_ text: String) { #expect(StrictJSON.fault(in: Array(text.utf8)) == nil) }

  @Test(arguments: [
    (#"{"steps": 100, "steps": 200}"#, #"the key "steps" stands twice at byte 15"#),
    (#"{"schedule": {"rate": 1, "rate": 2}}"#, #"schedule: the key "rate" stands twice at byte 25"#),
    (#"{"a": 1"#, "the text ends within brackets at byte 7"), ("", "the text ends before a value at byte 0"),
  ])
  func aFaultNamesKeyAndByte(_ text: String, _ fault: String) {
    #expect(StrictJSON.fault(in: Array(text.utf8)) == fault)
  }
}
