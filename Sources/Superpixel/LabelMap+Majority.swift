public import Tensor

/// Labels on a coarser grid, with how pure each cell is.
public struct MajorityLabels: Hashable, Sendable {
  /// The most frequent label of each cell (ties: the lowest).
  public let labels: LabelMap
  /// The share of each cell's pixels that carry its label, in 0...1.
  public let purity: Tensor<Float>
}

extension LabelMap {
  /// The most frequent label of each cell of a feature map, and its share of the cell.
  ///
  /// - Parameter target: `[height, width]` or `[depth, height, width]` of the feature map.
  /// - Throws: ``SuperpixelError``, naming both sizes, when a length is not a whole multiple.
  public func downsampledByMajority(to target: TensorShape) throws(SuperpixelError) -> MajorityLabels {
    guard target.rank == shape.rank,
      zip(shape.dimensions, target.dimensions).allSatisfy({ $1 > 0 && $0 > 0 && $0 % $1 == 0 })
    else { throw SuperpixelError(.sizesDoNotFit(map: shape, features: target)) }
    let padding = target.rank == 2 ? [1] : []
    let source = padding + shape.dimensions
    let cells = padding + target.dimensions
    let size = zip(source, cells).map { $0 / $1 }
    var purity = [Float](repeating: 0, count: target.elementCount)
    let majority = Tensor<Int32>(shape: target) { buffer in
      labels.withUnsafeBufferPointer { labels in
        var members: [Int32] = []
        for cell in buffer.indices {
          let (z, y, x) = (cell / (cells[1] * cells[2]), cell / cells[2] % cells[1], cell % cells[2])
          members.removeAll(keepingCapacity: true)
          for dz in 0..<size[0] {
            for dy in 0..<size[1] {
              let start = ((z * size[0] + dz) * source[1] + y * size[1] + dy) * source[2] + x * size[2]
              members.append(contentsOf: labels[start..<start + size[2]])
            }
          }
          members.sort()
          var (best, bestCount) = (members[0], 0)
          var start = 0
          while start < members.count {
            var end = start + 1
            while end < members.count, members[end] == members[start] { end += 1 }
            if end - start > bestCount { (best, bestCount) = (members[start], end - start) }
            start = end
          }
          buffer[cell] = best
          purity[cell] = Float(bestCount) / Float(members.count)
        }
      }
    }
    return MajorityLabels(labels: LabelMap(majority), purity: Tensor(purity, shape: target))
  }
}
