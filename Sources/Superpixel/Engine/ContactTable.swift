/// The neighbors of one piece and the faces shared with each: a small hash table in memory of the caller.
///
/// It begins small, so that it stays in the nearest cache, and grows with the neighbors of the piece in hand.
struct ContactTable {
  struct Contact: BitwiseCopyable {
    var piece: Int32
    var faces: Int32
  }

  /// In order of first contact.
  private let contacts: UnsafeMutablePointer<Contact>
  /// The index of a contact at the place that its piece hashes to; -1 for none.
  private let slots: UnsafeMutablePointer<Int32>
  private var bits: UInt32
  private let smallestBits: UInt32
  private(set) var count = 0
  private var latest = 0

  /// Bits of the largest table, which is at most half full.
  private static func bits(for count: Int) -> UInt32 { UInt32(Int.bitWidth - count.leadingZeroBitCount + 1) }

  /// The 32-bit words of memory for at most `count` neighbors.
  static func words(_ count: Int) -> Int { 2 * count + 1 << Int(bits(for: count)) }

  /// - Parameter memory: Room for `words(capacity)`.
  init(memory: UnsafeMutablePointer<Int32>, capacity: Int) {
    slots = memory
    let places = 1 << Int(Self.bits(for: capacity))
    contacts = UnsafeMutableRawPointer(memory + places).bindMemory(to: Contact.self, capacity: capacity)
    smallestBits = min(6, Self.bits(for: capacity))
    bits = smallestBits
    slots.update(repeating: -1, count: 1 << Int(bits))
  }

  subscript(index: Int) -> Contact { contacts[index] }

  @inline(__always)
  mutating func add(_ piece: Int32, faces: Int32) {
    if latest < count, contacts[latest].piece == piece {
      contacts[latest].faces += faces
      return
    }
    let slot = slot(of: piece)
    if slots[slot] >= 0 {
      latest = Int(slots[slot])
      contacts[latest].faces += faces
      return
    }
    slots[slot] = Int32(truncatingIfNeeded: count)
    contacts[count] = Contact(piece: piece, faces: faces)
    latest = count
    count += 1
    if 2 * count > 1 << Int(bits) { grow() }
  }

  /// Where a piece is, or where it would be.
  @inline(__always)
  private func slot(of piece: Int32) -> Int {
    let mask = 1 << Int(bits) - 1
    var slot = Int((UInt32(bitPattern: piece) &* 2_654_435_769) >> (32 - bits))
    while slots[slot] >= 0, contacts[Int(slots[slot])].piece != piece { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    bits += 1
    slots.update(repeating: -1, count: 1 << Int(bits))
    for index in 0..<count { slots[slot(of: contacts[index].piece)] = Int32(truncatingIfNeeded: index) }
  }

  /// O(neighbors).
  @inline(__always)
  mutating func removeAll() {
    slots.update(repeating: -1, count: 1 << Int(bits))
    bits = smallestBits
    count = 0
    latest = 0
  }
}
