/// What a stream of random numbers is for. Every purpose has streams of its own, however equal the seeds and steps are.
///
/// The purposes of every training are listed here, those of Contrastive's methods in its `RandomPurpose+Methods.swift`; a program adds its own by a name:
///
///     extension RandomPurpose { static let occlusion: RandomPurpose = "occlusion" }
public struct RandomPurpose: Hashable, Codable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible
{
  /// The name that the streams are derived from.
  public let name: String

  /// A purpose of this name.
  public init(_ name: String) { self.name = name }
  public init(stringLiteral name: String) { self.name = name }
  public var description: String { name }

  /// The first weights of a network.
  public static let weights: RandomPurpose = "weights"
  /// The order of the examples in an epoch.
  public static let order: RandomPurpose = "order"
  /// What happens to one example as it is read.
  public static let examples: RandomPurpose = "examples"
  /// What is drawn as a batch is put together, such as the views of its images.
  public static let batches: RandomPurpose = "batches"
  /// What is drawn as a loss is computed, such as dropout.
  public static let steps: RandomPurpose = "steps"
}

/// The one source of random streams: a key names a stream by seed, purpose, step and place, and equal keys give equal
/// numbers on any machine, in any thread and in any order.
///
///     let key = RandomKey(seed: 1234).stream(for: .batches).at(step: 12)
///     for place in images.indices {
///       var generator = key.at(place: place).generator
///       views.append(augment(images[place], using: &generator))
///     }
///
/// A key is a value: deriving another one leaves it as it was. The seed and the purpose's name are mixed by one block of
/// Philox into a new 64-bit seed, so that purposes can be nested, too; step and place are the stream and the index of
/// ``PhiloxGenerator``. Two different (seed, purpose) share numbers with probability 2^-64.
public struct RandomKey: Hashable, Codable, Sendable {
  /// The seed, with all purposes so far mixed in.
  public let seed: UInt64
  /// The step, such as that of a training or an epoch.
  public let step: Int
  /// The place within the step, such as that of an image in its batch.
  public let place: Int
  /// What ``at(place:)`` counts from: 0, unless ``countingPlaces(from:)`` says otherwise.
  private var firstPlace = 0

  /// The key that the streams of a program derive from.
  public init(seed: UInt64) { self.init(seed: seed, step: 0, place: 0) }

  private init(seed: UInt64, step: Int, place: Int, firstPlace: Int = 0) {
    self.seed = seed
    self.step = step
    self.place = place
    self.firstPlace = firstPlace
  }

  /// A key is saved as what it draws: seed, step and place.
  private enum CodingKeys: String, CodingKey { case seed, step, place }

  /// The key of a purpose, at step 0 and place 0 unless they are given afterwards.
  public func stream(for purpose: RandomPurpose) -> RandomKey {
    // FNV-1a tells names apart; Philox makes unrelated seeds of them.
    let name = purpose.name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let words = PhiloxGenerator.block(
      counter: (
        UInt32(truncatingIfNeeded: name), UInt32(truncatingIfNeeded: name >> 32),
        UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: place)
      ),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    return RandomKey(
      seed: UInt64(words.0) | UInt64(words.1) << 32, step: 0, place: 0, firstPlace: firstPlace)
  }

  /// The key of a step of this stream.
  ///
  /// - Precondition: `step` is in 0..<2^32.
  public func at(step: Int) -> RandomKey {
    RandomKey(seed: seed, step: step, place: place, firstPlace: firstPlace).checked
  }

  /// The key of a place in this step.
  ///
  /// - Precondition: `place` is in 0..<2^32.
  public func at(place: Int) -> RandomKey {
    RandomKey(seed: seed, step: step, place: firstPlace + place).checked
  }

  /// The same key for a part of the batch: its place 0 is `first` of the whole, so that a rank which reads images 8...15 of
  /// a batch draws for its image 0 what one process with the whole batch draws for image 8. What is drawn from
  /// the key itself, for the batch as a whole, is the same for all parts.
  ///
  /// - Precondition: `first` is not negative.
  public func countingPlaces(from first: Int) -> RandomKey {
    shapePrecondition(first >= 0, "places are counted from 0 or more, not \(first)")
    return RandomKey(seed: seed, step: step, place: place, firstPlace: first)
  }

  /// The numbers of this key, from the first.
  public var generator: PhiloxGenerator { PhiloxGenerator(seed: seed, stream: step, index: place) }

  private var checked: RandomKey {
    shapePrecondition(
      UInt32(exactly: step) != nil && UInt32(exactly: place) != nil,
      "step \(step) and place \(place) of a random key must be in 0..<2^32")
    return self
  }
}
