public import Tensor

/// Every epoch draws the same number of slices from every scan, spread over its length: each scan is cut into
/// that many slabs, one slice is drawn from each. Scans of 500 slices do not outvote those of 10, and a batch
/// meets many positions.
///
///     let sampler = VolumeSliceSampler(slices, slicesPerVolume: 8, seed: 1)
public struct VolumeSliceSampler: Sampler, Hashable {
  /// The indices of the slices of each scan.
  public let volumes: [[Int]]
  public let slicesPerVolume: Int
  public let seed: UInt64

  /// - Precondition: at least one slice a scan is wanted.
  public init(_ slices: SliceDataset, slicesPerVolume: Int, seed: UInt64) {
    self.init(volumes: slices.indicesByVolume, slicesPerVolume: slicesPerVolume, seed: seed)
  }

  /// A sampler from the indices of the slices of each scan.
  ///
  /// - Precondition: at least one slice a scan is wanted.
  public init(volumes: [[Int]], slicesPerVolume: Int, seed: UInt64) {
    shapePrecondition(slicesPerVolume > 0, "\(slicesPerVolume) slices a volume")
    self.volumes = volumes
    self.slicesPerVolume = slicesPerVolume
    self.seed = seed
  }

  /// A scan with fewer slices than wanted gives all it has.
  public var count: Int { volumes.reduce(0) { $0 + min(slicesPerVolume, $1.count) } }

  public func indices(epoch: Int) -> [Int] {
    var generator = RandomKey(seed: seed).stream(for: .order).at(step: epoch).generator
    var indices: [Int] = []
    for slices in volumes {
      let slabs = min(slicesPerVolume, slices.count)
      for slab in 0..<slabs {
        let range = slab * slices.count / slabs..<(slab + 1) * slices.count / slabs
        indices.append(slices[range.lowerBound + generator.integer(below: range.count)])
      }
    }
    return generator.permutation(of: indices.count).map { indices[$0] }
  }
}
