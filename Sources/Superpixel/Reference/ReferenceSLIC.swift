internal import CSuperCLKernels
import Tensor

/// The algorithm of scikit-image 0.26, step by step, so that labels agree pixel by pixel: `Float` images are
/// computed in `Float`, all others in `Double`, as there. One thread.
enum ReferenceSLIC {
  static func segment(
    _ options: SLIC, _ view: PixelView, _ mask: PixelView?, _ labels: UnsafeMutablePointer<Int32>
  ) throws(SuperpixelError) -> SLICReport {
    if view.format == .float32 {
      var run = ReferenceRun<Float>(options, view)
      return try run.segment(view, mask, labels)
    }
    var run = ReferenceRun<Double>(options, view)
    return try run.segment(view, mask, labels)
  }
}

/// The state of one run in the scalar that the reference would compute with.
struct ReferenceRun<Real: TensorFloatingPointScalar> {
  let options: SLIC
  let extents: [Int]
  let channels: Int
  let spacing: [Real]
  /// Features, channels last; divided by the compactness before the passes.
  var image: [Real]
  /// Whether a pixel is segmented.
  var inside: [Bool]
  /// Centers: plane, row, column, then channels.
  var centers: [Real] = []
  /// The seeds' step in the distance: a 32-bit number in the reference, whatever the image.
  var step: Float = 1
  var nearest: [Int32]
  var pixelCount: Int

  init(_ options: SLIC, _ view: PixelView) {
    self.options = options
    extents = [view.depth ?? 1, view.height, view.width]
    channels = view.channels
    let axes = options.spacingOfAxes
    spacing = [Real(axes.x), Real(axes.y), Real(axes.z)]
    image = []
    inside = Array(repeating: true, count: view.pixelCount)
    nearest = Array(repeating: -1, count: view.pixelCount)
    pixelCount = view.pixelCount
  }

  var features: Int { 3 + channels }
  var segmentCount: Int { centers.count / features }

  mutating func segment(
    _ view: PixelView, _ mask: PixelView?, _ labels: UnsafeMutablePointer<Int32>
  ) throws(SuperpixelError) -> SLICReport {
    try readMask(mask)
    try readImage(view)
    convertColors()
    seed(masked: mask != nil)
    if options.sigma > 0 { smooth() }
    let ratio = Real(1 / options.compactness)
    for index in image.indices { image[index] *= ratio }
    var report = SLICReport()
    report.clusterCount = segmentCount
    if mask != nil { cluster(ignoringColor: true) }
    report.lastChangeCount = cluster(ignoringColor: false)
    report.iterations = options.maximumIterations
    if options.connectivity == .enforced { connect() }
    report.count = writeDense(labels)
    return report
  }

  private mutating func readMask(_ mask: PixelView?) throws(SuperpixelError) {
    guard let mask else { return }
    let (height, width) = (extents[1], extents[2])
    var row = [Double](repeating: 0, count: width)
    for line in 0..<extents[0] * height {
      scl_slic_load(
        mask.row(line % height, plane: line / height, channel: 0), mask.format.rawValue, mask.columnStride,
        Int64(width), &row)
      for x in 0..<width { inside[line * width + x] = row[x] != 0 }
    }
    pixelCount = inside.count { $0 }
    guard pixelCount > 0 else { throw SuperpixelError(.emptyMask) }
  }

  /// Reads the image and puts it on 0...1 by the extremes inside the mask.
  private mutating func readImage(_ view: PixelView) throws(SuperpixelError) {
    let (height, width) = (extents[1], extents[2])
    image = Array(repeating: 0, count: view.pixelCount * channels)
    var row = [Double](repeating: 0, count: width)
    let scale: Double =
      switch view.format {
      case .uint8: 1 / 255
      case .int8: 1 / 127
      case .uint16: 1 / 65_535
      case .int16: 1 / 32_767
      case .int32: 1 / 2_147_483_647
      case .float32, .float64: 1
      }
    // The most negative integer has no positive partner, and becomes -1 as its neighbor does.
    let lowest: Double =
      switch view.format {
      case .int8, .int16, .int32: -1
      case .uint8, .uint16, .float32, .float64: -.infinity
      }
    var (low, high) = (Real.infinity, -Real.infinity)
    var invalid = NonFinitePixels(isVolume: view.depth != nil, height: height)
    for line in 0..<extents[0] * height {
      for channel in 0..<channels {
        scl_slic_load(
          view.row(line % height, plane: line / height, channel: channel), view.format.rawValue,
          view.columnStride, Int64(width), &row)
        for x in 0..<width {
          var value = Real(max(row[x] * scale, lowest))
          if inside[line * width + x] {
            guard value.isFinite else {
              invalid.add(row[x], line: line, column: x, channel: channel)
              continue
            }
            low = min(low, value)
            high = max(high, value)
          } else if !value.isFinite {
            value = 0
          }
          image[(line * width + x) * channels + channel] = value
        }
      }
    }
    guard invalid.count == 0 else { throw invalid.error }
    // A range beyond the scalar is halved first; the reference has no answer there.
    if !(high - low).isFinite {
      for index in image.indices { image[index] /= 2 }
      (low, high) = (low / 2, high / 2)
    }
    for index in image.indices {
      let value = image[index] - low
      image[index] = high != low ? value / (high - low) : value
    }
  }

  /// Writes dense labels and returns how many there are.
  private func writeDense(_ labels: UnsafeMutablePointer<Int32>) -> Int {
    var numbers = [Int32](repeating: -1, count: Int(nearest.max() ?? -1) + 1)
    for index in nearest.indices where inside[index] && nearest[index] >= 0 {
      numbers[Int(nearest[index])] = 0
    }
    var next: Int32 = 0
    for label in numbers.indices where numbers[label] == 0 {
      numbers[label] = next
      next += 1
    }
    for index in nearest.indices {
      labels[index] =
        inside[index] && nearest[index] >= 0 ? numbers[Int(nearest[index])] : Superpixels.maskedLabel
    }
    return Int(next)
  }
}
