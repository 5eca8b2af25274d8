// Another package's module with a type of a name that the library has.
public struct LabelMap {
  public let region: String
  public init(region: String) { self.region = region }
}
