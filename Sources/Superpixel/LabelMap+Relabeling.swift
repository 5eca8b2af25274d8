public import Tensor

extension LabelMap {
  /// The labels renumbered without gaps from `first` on, in order of appearance; negative labels (pixels
  /// outside a mask) become `first - 1`.
  ///
  /// `relabeled(from: 1)` is the form that label files use: 0 outside, 1, 2, 3 ... inside. Labels may be as large as
  /// they like, as those of atlases are: the table is one of the labels that occur. O(pixels).
  public func relabeled(from first: Int32 = 0) -> LabelMap {
    var numbers: [Int32: Int32] = [:]
    var next = first
    // Labels come in runs, and a run looks its number up once.
    var (run, number): (Int32, Int32) = (-1, first - 1)
    return LabelMap(
      Tensor(shape: shape) { buffer in
        labels.withUnsafeBufferPointer { labels in
          for index in buffer.indices {
            guard labels[index] >= 0 else {
              buffer[index] = first - 1
              continue
            }
            if labels[index] != run {
              run = labels[index]
              if let known = numbers[run] {
                number = known
              } else {
                number = next
                numbers[run] = next
                next += 1
              }
            }
            buffer[index] = number
          }
        }
      })
  }

  /// A label of its own for each connected piece (4 neighbors in an image, 6 in a volume), in order of
  /// appearance; negative labels stay. O(pixels).
  public func connectedPieces() -> LabelMap {
    let lengths = [shape.rank == 3 ? shape[0] : 1, shape[-2], shape[-1]]
    let strides = [lengths[1] * lengths[2], lengths[2], 1]
    return LabelMap(
      Tensor(shape: shape) { buffer in
        labels.withUnsafeBufferPointer { labels in
          buffer.initialize(repeating: -1)
          var next: Int32 = 0
          var stack: [Int] = []
          for start in labels.indices where buffer[start] < 0 {
            guard labels[start] >= 0 else {
              buffer[start] = labels[start]
              continue
            }
            buffer[start] = next
            stack.append(start)
            while let index = stack.popLast() {
              for axis in 0..<3 {
                let position = index / strides[axis] % lengths[axis]
                for step in [-1, 1] where (0..<lengths[axis]).contains(position + step) {
                  let other = index + step * strides[axis]
                  if buffer[other] < 0, labels[other] == labels[index] {
                    buffer[other] = next
                    stack.append(other)
                  }
                }
              }
            }
            next += 1
          }
        }
      })
  }
}
