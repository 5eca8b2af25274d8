public import Tensor

/// The connected components of a mask: for post-processing of predictions (keep the largest, remove small
/// ones) and for counting lesions.
///
///     let components = ConnectedComponents(of: predicted, connectivity: .faces)
///     let organ = components.keepingLargest(1)
///     let cleaned = components.removing(smallerThan: 20)
///
/// Union-find over runs of foreground: O(elements), memory 4 bytes an element for the labels.
public struct ConnectedComponents: Sendable {
  /// 0 for background, 1, 2, ... for the components in the order in which a row-major scan meets them.
  public let labels: LabelMap
  /// The number of elements of each component; entry 0 is component 1.
  public let sizes: [Int]

  /// Labels the components of the foreground.
  public init(of mask: BinaryMask, connectivity: NeighborConnectivity = .faces) {
    let shape = mask.shape
    let runs = mask.values.withUnsafeBufferPointer {
      RunSet($0, planes: shape.rank == 3 ? shape[0] : 1, rows: shape[-2], columns: shape[-1])
    }
    let numbers = runs.components(connectivity.offsets(rank: shape.rank))
    var sizes = [Int](repeating: 0, count: numbers.max() ?? 0)
    for (run, number) in zip(runs.runs, numbers) { sizes[number - 1] += run.end - run.start }
    self.sizes = sizes
    labels = LabelMap(
      Tensor(shape: shape) { buffer in
        buffer.initialize(repeating: 0)
        for (run, number) in zip(runs.runs, numbers) {
          let start = run.line * runs.columns
          buffer[start + run.start..<start + run.end].update(repeating: Int32(clamping: number))
        }
      })
  }

  /// The number of components.
  public var count: Int { sizes.count }

  /// The mask of the `number` largest components; of equally large ones the first comes first.
  ///
  /// - Precondition: the number is not negative. With fewer components all stay.
  public func keepingLargest(_ number: Int = 1) -> BinaryMask {
    shapePrecondition(number >= 0, "a number of components is not negative: \(number)")
    let order = sizes.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
    return mask(keeping: Set(order.prefix(number)))
  }

  /// The mask without the components of fewer than `elementCount` elements.
  public func removing(smallerThan elementCount: Int) -> BinaryMask {
    mask(keeping: Set(sizes.indices.filter { sizes[$0] >= elementCount }))
  }

  /// The mask without the components smaller than a volume in mm^3 (in 2-D an area in mm^2).
  ///
  /// A component of that volume stays, also where rounding puts it a millionth below: .7 x .7 x .7 mm is .343 mm^3,
  /// though its product is .3429999999999999 and a file's .7 is another number yet.
  ///
  /// - Precondition: the spacing has as many axes as the mask.
  public func removing(smallerThanCubicMillimeters volume: Double, spacing: VoxelSpacing) -> BinaryMask {
    shapePrecondition(
      spacing.rank == labels.shape.rank,
      "a mask \(labels.shape) needs \(labels.shape.rank) spacings, not \(spacing)")
    let least = volume * (1 - Rounding.ofFiles)
    return mask(keeping: Set(sizes.indices.filter { Double(sizes[$0]) * spacing.elementSize >= least }))
  }

  private func mask(keeping components: Set<Int>) -> BinaryMask {
    var keep = [Bool](repeating: false, count: sizes.count + 1)
    for component in components { keep[component + 1] = true }
    return BinaryMask(
      Tensor(shape: labels.shape) { buffer in
        labels.labels.withUnsafeBufferPointer { source in
          for index in buffer.indices { buffer[index] = keep[Int(source[index])] }
        }
      })
  }
}

/// The foreground as runs within rows, in row-major order.
private struct RunSet {
  struct Run {
    /// The row, counted through all planes.
    let line: Int
    let start: Int
    let end: Int
  }

  let planes: Int
  let rows: Int
  let columns: Int
  private(set) var runs: [Run] = []
  /// Index of the first run of each line, and the number of runs.
  private var starts: [Int] = [0]

  init(_ mask: UnsafeBufferPointer<Bool>, planes: Int, rows: Int, columns: Int) {
    self.planes = planes
    self.rows = rows
    self.columns = columns
    for line in 0..<planes * rows {
      var column = 0
      while column < columns {
        guard mask[line * columns + column] else {
          column += 1
          continue
        }
        let start = column
        while column < columns, mask[line * columns + column] { column += 1 }
        runs.append(Run(line: line, start: start, end: column))
      }
      starts.append(runs.count)
    }
  }

  /// The component of each run, from 1, numbered by first occurrence.
  func components(_ offsets: [(plane: Int, row: Int, column: Int)]) -> [Int] {
    var parents = Array(runs.indices)
    // Lines behind this one only; a step to a line may reach sideways by one column.
    var reaches: [(plane: Int, row: Int, reach: Int)] = []
    for (plane, row) in [(0, -1), (-1, -1), (-1, 0), (-1, 1)] {
      let steps = offsets.filter { $0.plane == plane && $0.row == row }
      guard let reach = steps.map({ abs($0.column) }).max() else { continue }
      reaches.append((plane, row, reach))
    }
    for line in 0..<planes * rows where starts[line] < starts[line + 1] {
      let (plane, row) = (line / rows, line % rows)
      for step in reaches {
        guard plane + step.plane >= 0, (0..<rows).contains(row + step.row) else { continue }
        join(line, (plane + step.plane) * rows + row + step.row, reach: step.reach, &parents)
      }
    }
    var numbers = [Int](repeating: 0, count: runs.count)
    var count = 0
    for run in runs.indices {
      let root = find(run, &parents)
      if root == run {
        count += 1
        numbers[run] = count
      } else {
        numbers[run] = numbers[root]
      }
    }
    return numbers
  }

  /// Joins the runs of two lines that overlap, or come within `reach` columns of it.
  private func join(_ line: Int, _ other: Int, reach: Int, _ parents: inout [Int]) {
    var first = starts[line]
    var second = starts[other]
    while first < starts[line + 1], second < starts[other + 1] {
      let (a, b) = (runs[first], runs[second])
      if a.start < b.end + reach && b.start < a.end + reach {
        let (one, two) = (find(first, &parents), find(second, &parents))
        // The earlier run becomes the root, so that numbers follow the scan.
        parents[max(one, two)] = min(one, two)
      }
      if a.end < b.end { first += 1 } else { second += 1 }
    }
  }

  private func find(_ run: Int, _ parents: inout [Int]) -> Int {
    var root = run
    while parents[root] != root {
      parents[root] = parents[parents[root]]
      root = parents[root]
    }
    return root
  }
}
