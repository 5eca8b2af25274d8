import Tensor

/// Squared Euclidean distances in mm^2 from every grid point to the nearest marked point: the exact separable
/// transform of Felzenszwalb and Huttenlocher, one pass per axis.
///
/// Along the columns two sweeps count steps; along rows and planes the squared distance at a point is the
/// lower envelope of parabolas, one for each point of the line. O(grid), 8 bytes a point.
struct SquaredDistances {
  private(set) var values: [Double]

  init(to codes: [UInt8], planes: Int, rows: Int, columns: Int, spacing: [Double]) {
    values = [Double](unsafeUninitializedCapacity: planes * rows * columns) { buffer, count in
      count = planes * rows * columns
      codes.withUnsafeBytes {
        Self.transform($0, into: buffer, planes: planes, rows: rows, columns: columns, spacing: spacing)
      }
    }
  }

  /// - Parameter spacing: millimetres per plane, row and column.
  static func transform(
    _ codes: UnsafeRawBufferPointer, into buffer: UnsafeMutableBufferPointer<Double>, planes: Int, rows: Int,
    columns: Int, spacing: [Double]
  ) {
    guard let target = buffer.baseAddress, let codes = codes.baseAddress, !buffer.isEmpty else { return }
    let source = codes.assumingMemoryBound(to: UInt8.self)
    let squares = target
    Parallel.for(planes * rows, grain: max(1, 20_000 / columns)) { range in
      for line in range {
        rowPass(source + line * columns, squares + line * columns, columns, spacing[2])
      }
    }
    pass(
      squares, lines: planes, lineStride: rows * columns, length: rows, stride: columns, columns, spacing[1])
    pass(
      squares, lines: rows, lineStride: columns, length: planes, stride: rows * columns, columns, spacing[0])
  }

  /// Squared distances along one row, by a sweep from either end.
  private static func rowPass(
    _ codes: UnsafePointer<UInt8>, _ squares: UnsafeMutablePointer<Double>, _ count: Int, _ spacing: Double
  ) {
    // Steps are counted and multiplied once, so that a distance has the rounding of one product.
    var steps = Double.infinity
    for column in 0..<count {
      steps = codes[column] != 0 ? 0 : steps + 1
      squares[column] = steps
    }
    steps = .infinity
    for column in Swift.stride(from: count - 1, through: 0, by: -1) {
      steps = codes[column] != 0 ? 0 : steps + 1
      let distance = min(steps, squares[column]) * spacing
      squares[column] = distance * distance
    }
  }

  /// Replaces each line along an axis by the lower envelope of its parabolas.
  private static func pass(
    _ squares: UnsafeMutablePointer<Double>, lines: Int, lineStride: Int, length: Int, stride: Int,
    _ columns: Int, _ spacing: Double
  ) {
    guard length > 1 else { return }
    Parallel.for(lines, grain: max(1, 4_000 / (length * columns))) { range in
      var envelope = LowerEnvelope(capacity: length, spacing: spacing)
      for line in range {
        for column in 0..<columns {
          envelope.apply(to: squares + line * lineStride + column, stride: stride)
        }
      }
    }
  }
}

/// The lower envelope of the parabolas `f(q) + (s (p - q))^2` over the points q of a line.
private struct LowerEnvelope {
  private let length: Int
  private let spacing: Double
  /// The points whose parabolas are part of the envelope, and where each begins to be the lowest.
  private var sites: [Int]
  private var heights: [Double]
  private var begins: [Double]

  init(capacity: Int, spacing: Double) {
    length = capacity
    self.spacing = spacing
    sites = [Int](repeating: 0, count: capacity)
    heights = [Double](repeating: 0, count: capacity)
    begins = [Double](repeating: 0, count: capacity)
  }

  mutating func apply(to line: UnsafeMutablePointer<Double>, stride: Int) {
    let (length, spacing) = (length, spacing)
    sites.withUnsafeMutableBufferPointer { sites in
      heights.withUnsafeMutableBufferPointer { heights in
        begins.withUnsafeMutableBufferPointer { begins in
          Self.apply(line, stride, length, spacing, sites, heights, begins)
        }
      }
    }
  }

  private static func apply(
    _ line: UnsafeMutablePointer<Double>, _ stride: Int, _ length: Int, _ spacing: Double,
    _ sites: UnsafeMutableBufferPointer<Int>, _ heights: UnsafeMutableBufferPointer<Double>,
    _ begins: UnsafeMutableBufferPointer<Double>
  ) {
    let scale = 1 / (2 * spacing * spacing)
    var count = 0
    for site in 0..<length {
      let height = line[site * stride]
      guard height < .infinity else { continue }
      var begin = -Double.infinity
      while count > 0 {
        // Where this parabola meets the last one, in points.
        let other = sites[count - 1]
        let between = Double(site - other)
        begin = (height - heights[count - 1]) * scale / between + Double(site + other) / 2
        guard begin <= begins[count - 1] else { break }
        count -= 1
        begin = -.infinity
      }
      sites[count] = site
      heights[count] = height
      begins[count] = begin
      count += 1
    }
    guard count > 0 else { return }
    var part = 0
    for point in 0..<length {
      while part + 1 < count, begins[part + 1] < Double(point) { part += 1 }
      let away = Double(point - sites[part]) * spacing
      line[point * stride] = heights[part] + away * away
    }
  }
}
