import Tensor

/// Exact Euclidean distances from the points of one surface to the nearest point of another.
///
/// Two surfaces of one organ lie close together, so most of a distance transform would never be read. Steps
/// along one axis are known for the whole grid (``AxisSteps``); each point then searches the plane of the two
/// other axes from itself outwards, and stops when the next line is farther than the best found: about
/// pi d^2 looks for a distance of d voxels. A plane of points whose search costs more than a transform of the
/// plane would is left to the full transform, so that far surfaces cost O(grid) too.
struct NearestDistances {
  /// Looks per grid point of a plane after which the full transform is cheaper.
  static let looksPerGridPoint = 24

  let spacing: [Double]

  /// Distances in millimetres for the points of `queries`, in row-major order.
  func distances(from queries: SurfacePoints, to targets: SurfacePoints) -> [Double] {
    let planeCount = queries.rows * queries.columns
    var starts = [0]
    starts.reserveCapacity(queries.planes + 1)
    queries.codes.withUnsafeBufferPointer { codes in
      for plane in 0..<queries.planes {
        let count = codes[plane * planeCount..<(plane + 1) * planeCount].reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
        starts.append(starts[plane] + count)
      }
    }
    let axis = searchAxis(of: queries)
    let length = axis == 0 ? queries.planes : queries.rows
    var far = [Bool](repeating: length > AxisSteps.longestAxis, count: queries.planes)
    var distances = [Double](repeating: 0, count: starts[queries.planes])
    if !far.allSatisfy({ $0 }) {
      let steps = AxisSteps(to: targets, axis: axis)
      search(queries, steps, axis: axis, starts: starts, distances: &distances, far: &far)
    }
    if far.contains(true) {
      transform(queries, targets, planes: far, starts: starts, distances: &distances)
    }
    return distances
  }

  /// The axis whose steps are tabulated: the finer of planes and rows, so that the search has fewer looks.
  private func searchAxis(of points: SurfacePoints) -> Int {
    points.planes > 1 && spacing[0] <= spacing[1] ? 0 : 1
  }

  private func search(
    _ queries: SurfacePoints, _ steps: AxisSteps, axis: Int, starts: [Int], distances: inout [Double],
    far: inout [Bool]
  ) {
    let (rows, columns) = (queries.rows, queries.columns)
    // The axis of the search beside the columns: `lines` of them, `lineStride` apart.
    let lines = axis == 0 ? rows : queries.planes
    let lineStride = axis == 0 ? columns : rows * columns
    let stepSquares = squares(axis == 0 ? queries.planes : rows, spacing[axis]) + [.infinity]
    let lineSquares = squares(lines, spacing[1 - axis])
    let columnSquares = squares(columns, spacing[2])
    let most = Self.looksPerGridPoint * rows * columns
    distances.withUnsafeMutableBufferPointer { distances in
      far.withUnsafeMutableBufferPointer { far in
        queries.codes.withUnsafeBufferPointer { codes in
          steps.steps.withUnsafeBufferPointer { steps in
            stepSquares.withUnsafeBufferPointer { stepSquares in
              lineSquares.withUnsafeBufferPointer { lineSquares in
                columnSquares.withUnsafeBufferPointer { columnSquares in
                  let search = PlaneSearch(
                    steps: steps, stepSquares: stepSquares, lineSquares: lineSquares,
                    columnSquares: columnSquares, lines: lines, lineStride: lineStride, columns: columns)
                  Parallel.for(queries.planes, grain: 1) { range in
                    for plane in range where starts[plane + 1] > starts[plane] {
                      var next = starts[plane]
                      var looks = 0
                      for row in 0..<rows where looks <= most {
                        let start = (plane * rows + row) * columns
                        let line = axis == 0 ? row : plane
                        for column in 0..<columns where codes[start + column] != 0 {
                          distances[next] = search.distance(
                            at: start + column, line: line, column: column, looks: &looks)
                          next += 1
                        }
                      }
                      far[plane] = looks > most
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  private func transform(
    _ queries: SurfacePoints, _ targets: SurfacePoints, planes: [Bool], starts: [Int],
    distances: inout [Double]
  ) {
    let squares = SquaredDistances(
      to: targets.codes, planes: targets.planes, rows: targets.rows, columns: targets.columns,
      spacing: spacing)
    let planeCount = queries.rows * queries.columns
    for plane in 0..<queries.planes where planes[plane] {
      var next = starts[plane]
      for index in plane * planeCount..<(plane + 1) * planeCount where queries.codes[index] != 0 {
        distances[next] = squares.values[index].squareRoot()
        next += 1
      }
    }
  }

  private func squares(_ count: Int, _ spacing: Double) -> [Double] {
    (0..<count).map { (Double($0) * spacing) * (Double($0) * spacing) }
  }
}

/// The search of one point over the plane of lines and columns.
private struct PlaneSearch {
  let steps: UnsafeBufferPointer<Int16>
  let stepSquares: UnsafeBufferPointer<Double>
  let lineSquares: UnsafeBufferPointer<Double>
  let columnSquares: UnsafeBufferPointer<Double>
  let lines: Int
  let lineStride: Int
  let columns: Int

  @inline(__always)
  func distance(at index: Int, line: Int, column: Int, looks: inout Int) -> Double {
    var best = stepSquares[Int(steps[index])]
    guard best > 0 else { return 0 }
    scan(index, column, lineSquare: 0, &best, &looks)
    var away = 1
    while away < lines, lineSquares[away] < best {
      if line >= away {
        scan(index - away * lineStride, column, lineSquare: lineSquares[away], &best, &looks)
      }
      if line + away < lines {
        scan(index + away * lineStride, column, lineSquare: lineSquares[away], &best, &looks)
      }
      away += 1
    }
    return best.squareRoot()
  }

  /// Looks along one line from the point's own column outwards.
  @inline(__always)
  private func scan(
    _ center: Int, _ column: Int, lineSquare: Double, _ best: inout Double, _ looks: inout Int
  ) {
    best = min(best, stepSquares[Int(steps[center])] + lineSquare)
    let left = column
    let right = columns - 1 - column
    let both = min(left, right)
    var away = 1
    while away <= both, lineSquare + columnSquares[away] < best {
      let fixed = lineSquare + columnSquares[away]
      let nearer = min(
        stepSquares[Int(steps[center - away])], stepSquares[Int(steps[center + away])])
      best = min(best, nearer + fixed)
      away += 1
    }
    if away > both {
      let direction = left > right ? -1 : 1
      let most = max(left, right)
      while away <= most, lineSquare + columnSquares[away] < best {
        let fixed = lineSquare + columnSquares[away]
        best = min(best, stepSquares[Int(steps[center + direction * away])] + fixed)
        away += 1
      }
    }
    looks += away
  }
}
