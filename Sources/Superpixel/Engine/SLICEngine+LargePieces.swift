import Tensor

extension SLICEngine {
  /// Cuts pieces above the maximum size into cells of equal size and returns whether there were any; the
  /// labels then name pieces and cells, and cells need not be connected.
  func splitLargePieces(_ pieces: SegmentPieces, segments: Int) -> Bool {
    let maximum = maximumSize(segments: segments)
    guard maximum < pixelCount else { return false }
    let sizes = pieces.sizes
    let positions = scratch.take(.components, Int32.self, pieces.fragmentCount)
    var total: Int32 = 0
    for piece in 0..<pieces.fragmentCount {
      let isLarge = pieces.pieces[piece] == piece && Int(sizes[piece]) > maximum
      positions[piece] = isLarge ? total : -1
      if isLarge { total += sizes[piece] }
    }
    guard total > 0 else { return false }
    let indices = scratch.take(.seeds, Int32.self, Int(total))
    for row in 0..<rowCount {
      writeLabels(row, pieces, pieces.pieces)
      for x in 0..<width {
        let piece = Int(labels[row * width + x])
        guard piece >= 0, positions[piece] >= 0 else { continue }
        indices[Int(positions[piece])] = Int32(row * width + x)
        positions[piece] += 1
      }
    }
    var next = Int32(pieces.fragmentCount)
    for piece in 0..<pieces.fragmentCount where positions[piece] >= 0 {
      let (size, end) = (Int(sizes[piece]), Int(positions[piece]))
      var bisection = MaskBisection(indices: indices, height: height, width: width, spacing: spacing)
      bisection.split(end - size..<end, parts: (size + maximum - 1) / maximum) { cell, _ in
        for i in cell { labels[Int(indices[i])] = next }
        next += 1
      }
    }
    return true
  }
}
