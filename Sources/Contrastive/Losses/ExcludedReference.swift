/// Which reference an anchor is not compared with.
public enum ExcludedReference: Sendable, Hashable, Codable {
  /// All references count.
  case none
  /// Anchor i leaves out reference `i + offset`: itself, where the anchors are a part of the references that begins at
  /// row `offset`, such as a machine's own rows among those of all machines. An index outside the references leaves out
  /// none.
  case index(offset: Int)

  /// The reference of the anchor's own index: anchors and references are the same rows.
  public static let sameIndex = ExcludedReference.index(offset: 0)

  /// The reference that `anchor` leaves out, -1 for none.
  @inline(__always)
  func reference(of anchor: Int) -> Int {
    if case .index(let offset) = self { anchor + offset } else { -1 }
  }
}
