/// Why a text is not the JSON that was expected.
package struct JSONError: Error, Hashable, CustomStringConvertible {
  /// The keys that lead to the value, outermost first.
  package let path: [String]
  /// The byte at which it was noticed.
  package let position: Int
  package let detail: String

  package init(path: [String], position: Int, detail: String) {
    self.path = path
    self.position = position
    self.detail = detail
  }

  package var description: String {
    let place = path.isEmpty ? "" : "\(path.joined(separator: "/")): "
    return "\(place)\(detail) at byte \(position)"
  }
}

/// Reads JSON (RFC 8259) value by value, and strictly: no key stands twice in one object, whatever its
/// escapes; a count is written in digits alone; strings are valid UTF-8.
///
/// Foundation's readers keep one of two equal keys and take `true` for 1. A value is read where it stands, so
/// that a header of a hundred megabytes becomes no tree of objects. Time and memory are linear in the text;
/// nesting is limited to 128.
package struct JSONReader {
  let bytes: [UInt8]
  let end: Int
  /// Where reading goes on.
  var position: Int
  private var path: [String] = []
  private var depth = 0

  package init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
    self.bytes = bytes
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  /// Reads a whole text and throws where it is not JSON in the sense above; a byte order mark may precede it.
  package static func check(_ bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
    try reader.skipValue()
    try reader.finish()
  }

  // MARK: Values

  /// Reads an object; `member` reads the value of each key.
  package mutating func object(
    _ member: (String, inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try open("{", "an object")
    var keys: Set<ExactName> = []
    var isFirst = true
    while try !close("}", isFirst: isFirst) {
      isFirst = false
      _ = nextByte()
      let start = position
      let key = try string()
      guard keys.insert(ExactName(key)).inserted else {
        throw failure("the key \"\(key)\" stands twice", at: start)
      }
      guard nextByte() == UInt8(ascii: ":") else { throw failure("no colon after the key \"\(key)\"") }
      position += 1
      path.append(key)
      try member(key, &self)
      path.removeLast()
    }
  }

  /// Reads an array; `element` reads each value.
  package mutating func array(
    _ element: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try open("[", "an array")
    var isFirst = true
    while try !close("]", isFirst: isFirst) {
      isFirst = false
      try element(&self)
    }
  }

  /// Reads an array of counts.
  package mutating func counts() throws(JSONError) -> [Int] {
    var counts: [Int] = []
    try array { reader throws(JSONError) in counts.append(try reader.count()) }
    return counts
  }

  /// Reads a whole number from 0 on, written in digits.
  package mutating func count() throws(JSONError) -> Int {
    let first = nextByte()
    let start = position
    skipToken()
    let digits = bytes[start..<position]
    guard let first, !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }),
      first != UInt8(ascii: "0") || digits.count == 1
    else { throw failure("\(token(at: start)) is no whole number from 0 on", at: start) }
    var value = 0
    for digit in digits {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
      guard !overflow, !carry else { throw failure("\(token(at: start)) is too large", at: start) }
      value = sum
    }
    return value
  }

  /// Reads any value, with all of these rules but that for counts.
  package mutating func skipValue() throws(JSONError) {
    switch nextByte() {
    case UInt8(ascii: "{"): try object { _, reader throws(JSONError) in try reader.skipValue() }
    case UInt8(ascii: "["): try array { reader throws(JSONError) in try reader.skipValue() }
    case UInt8(ascii: "\""): _ = try string()
    case nil: throw failure("the text ends before a value")
    default:
      let start = position
      skipToken()
      let token = bytes[start..<position]
      let isName = ["true", "false", "null"].contains { token.elementsEqual($0.utf8) }
      guard isName || isNumber(token) else {
        throw failure("\(self.token(at: start)) is no value", at: start)
      }
    }
  }

  /// Makes sure that nothing but white space is left.
  package mutating func finish() throws(JSONError) {
    if nextByte() != nil { throw failure("something follows the value") }
  }

  // MARK: Bytes

  /// The next byte that is no white space, at which the place then is.
  mutating func nextByte() -> UInt8? {
    while position < end {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return nil
  }

  private mutating func open(_ bracket: Unicode.Scalar, _ what: String) throws(JSONError) {
    guard nextByte() == UInt8(ascii: bracket) else {
      throw failure("\(token(at: position)) is not \(what)")
    }
    guard depth < 128 else { throw failure("more than 128 brackets within one another") }
    position += 1
    depth += 1
  }

  /// Whether the bracket closes here; else the place is at the next value, behind the comma.
  private mutating func close(_ bracket: Unicode.Scalar, isFirst: Bool) throws(JSONError) -> Bool {
    let byte = nextByte()
    if byte == UInt8(ascii: bracket) {
      position += 1
      depth -= 1
      return true
    }
    if isFirst { return false }
    guard byte == UInt8(ascii: ",") else {
      throw failure(byte == nil ? "the text ends within brackets" : "no comma between two values")
    }
    position += 1
    return false
  }

  /// Goes to the end of a number or a name.
  private mutating func skipToken() {
    while position < end, !" \n\r\t,:[]{}\"".utf8.contains(bytes[position]) { position += 1 }
  }

  /// What stands at a place, for messages.
  func token(at start: Int) -> String {
    guard start < end else { return "the end of the text" }
    let stop = bytes[start..<min(start + 24, end)].dropFirst().firstIndex { " \n\r\t,:]}".utf8.contains($0) }
    return String(decoding: bytes[start..<(stop ?? min(start + 24, end))], as: UTF8.self)
  }

  /// An error at the present place, or at another.
  package func failure(_ detail: String, at place: Int? = nil) -> JSONError {
    JSONError(path: path, position: place ?? position, detail: detail)
  }
}

/// Whether bytes are a number of RFC 8259, section 6.
private func isNumber(_ token: ArraySlice<UInt8>) -> Bool {
  var rest = token
  func digits() -> ArraySlice<UInt8> { rest.prefix { (0x30...0x39).contains($0) } }
  if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
  let whole = digits()
  guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
  rest.removeFirst(whole.count)
  if rest.first == UInt8(ascii: ".") {
    rest.removeFirst()
    let fraction = digits()
    if fraction.isEmpty { return false }
    rest.removeFirst(fraction.count)
  }
  if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
    rest.removeFirst()
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let exponent = digits()
    if exponent.isEmpty { return false }
    rest.removeFirst(exponent.count)
  }
  return rest.isEmpty
}
