import NN
import Tensor

extension Ranks {
  /// The positions of all ranks' images, in their order.
  func gather(positions: [Double?]) -> [Double?] {
    guard count > 1, !positions.isEmpty else { return positions }
    return gather(Tensor(positions.map { $0 ?? .nan })).scalars.map { $0.isNaN ? nil : $0 }
  }

  /// The numbers of all ranks, of which each has as many.
  func gather(counts: [Int]) -> [Int] {
    guard count > 1, !counts.isEmpty else { return counts }
    return gather(Tensor(counts.map { Int64($0) })).scalars.map { Int($0) }
  }
}
