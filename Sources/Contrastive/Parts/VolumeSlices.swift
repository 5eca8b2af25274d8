public import Tensor

/// The slices of a set of images, by volume and in order: what samplers over volumes draw from.
///
/// It reads every image once for its volume and its position, and keeps no pixel.
///
/// Complexity: O(n log n) for n images.
public struct VolumeSlices: Sendable, Hashable, Codable {
  /// The volumes, in order of their numbers.
  public let volumes: [Volume]

  /// The slices of one volume.
  public struct Volume: Sendable, Hashable, Codable {
    /// What its slices share; see ``PretrainingImage/volume``.
    public let number: Int
    /// Its slices, in order of their positions; equal positions in order of their indices.
    public let slices: [Slice]
  }

  /// One slice.
  public struct Slice: Sendable, Hashable, Codable {
    /// Its index among the images.
    public let index: Int
    /// Its place in the volume, in (0, 1].
    public let position: Double
  }

  /// The slices of images that all say of which volume they are, and where in it.
  ///
  /// - Parameters:
  ///   - images: Read one by one.
  ///   - method: The name that errors bear.
  /// - Throws: ``PretrainingError``, naming the first image without volume or position; what reading an image throws.
  public init(_ images: some Dataset<PretrainingImage>, for method: String) throws {
    let check = SettingCheck(method: method)
    var slices: [Int: [Slice]] = [:]
    for index in 0..<images.count {
      let (volume, position) = try check.placed(images.element(at: index), at: index)
      slices[volume, default: []].append(Slice(index: index, position: position))
    }
    volumes = slices.keys.sorted().map { number in
      Volume(
        number: number,
        slices: (slices[number] ?? []).sorted { ($0.position, $0.index) < ($1.position, $1.index) })
    }
  }

  /// The slices of a volume in parts of equal length; see ``VolumeParts``.
  public func indices(of volume: Volume, in parts: VolumeParts) -> [[Int]] {
    var indices = [[Int]](repeating: [], count: parts.count)
    for slice in volume.slices { indices[parts.part(at: slice.position)].append(slice.index) }
    return indices
  }
}

/// A volume cut into S parts of equal length along its slices.
///
/// Slice i (from 0) of n has the position p = (i + 1) / n and lies in part `ceil(S p) - 1`; with n of at least S no part is
/// empty. The released code of GCL cuts at `k floor(n / S)` and leaves the last `n mod S` slices out; that of PCL rounds
/// `n / 4` and puts all that is left into the last part. Where S divides n all three are the same.
public struct VolumeParts: Sendable, Hashable, Codable {
  /// S.
  public var count: Int

  /// So many parts.
  ///
  /// - Precondition: at least one.
  public init(_ count: Int) {
    shapePrecondition(count >= 1, "a volume is cut into at least one part, not \(count)")
    self.count = count
  }

  /// The part, from 0, of a position in (0, 1].
  public func part(at position: Double) -> Int {
    // 3 p of p = 1/3 must not end above 1 by a rounding.
    let place = (position * Double(count) * (1 - 1e-12)).rounded(.up)
    return min(max(Int(place) - 1, 0), count - 1)
  }
}

extension SettingCheck {
  /// The volume and the position of an image that must have both.
  func placed(_ image: PretrainingImage, at index: Int) throws(PretrainingError) -> (Int, Double) {
    let position = try positioned(image, at: index)
    guard let volume = image.volume else {
      throw .badSetting(
        method: method, field: "images[\(index)].volume", value: "nil",
        reason: "slices are told apart by their volumes: give PretrainingImage its volume")
    }
    return (volume, position)
  }

  /// The position of an image that must have one.
  @discardableResult
  func positioned(_ image: PretrainingImage, at index: Int) throws(PretrainingError) -> Double {
    guard let position = image.position else {
      throw .badSetting(
        method: method, field: "images[\(index)].position", value: "nil",
        reason: "slices are compared by their places in the volume: give PretrainingImage its position")
    }
    try require(
      position > 0 && position <= 1, "images[\(index)].position", position,
      "must be (index + 1) / slices, above 0 and at most 1")
    return position
  }
}
