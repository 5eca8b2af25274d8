/// Whether a text is JSON of which nothing is lost when it is read.
///
/// Foundation's readers keep one of two equal keys and do not say so: of `{"steps": 100, "steps": 200}` a training would
/// run with either. Ask before such a reader gets the text:
///
///     if let fault = StrictJSON.fault(in: Array(data)) { throw SettingsError(file, fault) }
///     let method = try JSONDecoder().decode(SuperCL.self, from: data)
public enum StrictJSON {
  /// What is wrong with a text, with the keys that lead there and the byte at which it was noticed; `nil` for JSON
  /// (RFC 8259) in valid UTF-8 in which no key stands twice in one object, whatever its escapes, and brackets are nested
  /// at most 128 deep. A byte order mark may precede it.
  ///
  /// Time and memory are linear in the text.
  public static func fault(in bytes: [UInt8]) -> String? {
    do {
      try JSONReader.check(bytes)
      return nil
    } catch {
      return error.description
    }
  }
}
