internal import CSuperCLKernels
import Tensor

/// One segmentation: the geometry, and pointers into the caller's pixels and scratch. The aspects (features,
/// seeds, passes, connectivity) are extensions in files of their own.
struct SLICEngine {
  let options: SLIC
  let view: PixelView
  let mask: PixelView?
  let labels: UnsafeMutablePointer<Int32>
  let scratch: SLICScratch
  /// Threads of all stages: the setting when the call began.
  let threads = ComputeThreads.count

  let depth: Int
  let height: Int
  let width: Int
  let channels: Int
  /// Distance between neighbors along plane, row, column.
  let spacing: SIMD3<Double>
  /// Pixels inside the mask.
  var pixelCount: Int

  /// Floats between feature rows, a multiple of the kernels' block.
  let featureRow: Int
  /// Floats between the planes of two channels.
  let featurePlane: Int
  let features: UnsafeMutablePointer<Float>
  let blockSums: UnsafeMutablePointer<Double>
  let kernels: scl_slic_kernels

  /// Rows of all planes.
  var rowCount: Int { depth * height }
  var blocks: Int { featureRow / Int(SCL_SLIC_BLOCK) }

  init(
    options: SLIC, view: PixelView, mask: PixelView?, labels: UnsafeMutablePointer<Int32>,
    scratch: SLICScratch
  ) {
    self.options = options
    self.view = view
    self.mask = mask
    self.labels = labels
    self.scratch = scratch
    depth = view.depth ?? 1
    height = view.height
    width = view.width
    channels = view.channels
    spacing = options.spacingOfAxes
    pixelCount = view.pixelCount
    let block = Int(SCL_SLIC_BLOCK)
    featureRow = (width + block - 1) / block * block
    featurePlane = featureRow * depth * height
    features = scratch.take(.features, Float.self, featurePlane * channels)
    blockSums = scratch.take(
      .blockSums, Double.self, depth * height * (featureRow / block + 1) * channels)
    kernels = scl_slic().pointee
  }

  /// Runs all stages; the labels are dense afterwards.
  mutating func run(_ start: SLIC.Start, _ progress: SLICProgress.Handler?) throws(SuperpixelError)
    -> SLICReport
  {
    try tell(progress, .features, 0)
    try markMask()
    try prepareFeatures()
    var report = SLICReport()
    let target = clusterTarget(start)
    if target >= pixelCount {
      report.count = labelEveryPixel()
      report.clusterCount = report.count
      report.hasConverged = true
      return report
    }
    var clusters = seed(target, start)
    report.clusterCount = clusters.count
    try iterate(&clusters, &report, progress)
    try tell(progress, .connectivity, 0.9)
    switch options.connectivity {
    case .enforced: report.count = enforceConnectivity(segments: clusters.count)
    case .unenforced: report.count = makeDense(clusters.count)
    }
    if case .adaptive(let adaptive) = options.segmentCount {
      report.count = mergeAdaptively(adaptive, count: report.count)
    }
    return report
  }

  /// The number of clusters to begin with.
  private func clusterTarget(_ start: SLIC.Start) -> Int {
    switch start {
    case .centers(let centers) where centers.channels == channels && centers.count > 0: centers.count
    case .previousCall where scratch.hasCenters(channels: channels, isVolume: view.depth != nil):
      scratch.centerCount
    default: options.targetCount(pixels: pixelCount)
    }
  }

  func tell(
    _ progress: SLICProgress.Handler?, _ stage: SLICProgress.Stage, _ fraction: Double
  ) throws(SuperpixelError) {
    guard let progress, progress(SLICProgress(stage: stage, fraction: fraction)) == .stop else { return }
    throw SuperpixelError(.cancelled(at: stage))
  }

  /// Sets the labels to 0 inside the mask and to ``Superpixels/maskedLabel`` outside, and counts the former.
  private mutating func markMask() throws(SuperpixelError) {
    guard let mask else {
      labels.update(repeating: 0, count: view.pixelCount)
      return
    }
    var inside = 0
    let values = scratch.take(.rows, Double.self, width)
    for row in 0..<rowCount {
      scl_slic_load(
        mask.row(row % height, plane: row / height, channel: 0), mask.format.rawValue, mask.columnStride,
        Int64(width), values)
      for x in 0..<width {
        let isInside = values[x] != 0
        labels[row * width + x] = isInside ? 0 : Superpixels.maskedLabel
        inside += isInside ? 1 : 0
      }
    }
    guard inside > 0 else { throw SuperpixelError(.emptyMask) }
    pixelCount = inside
  }

  private func labelEveryPixel() -> Int {
    var next: Int32 = 0
    for index in 0..<view.pixelCount where labels[index] >= 0 {
      labels[index] = next
      next += 1
    }
    return Int(next)
  }

  /// Renumbers the labels without gaps, in their order, and returns how many there are.
  private func makeDense(_ bound: Int) -> Int {
    let numbers = scratch.take(.components, Int32.self, bound)
    numbers.update(repeating: -1, count: bound)
    for index in 0..<view.pixelCount where labels[index] >= 0 { numbers[Int(labels[index])] = 0 }
    var next: Int32 = 0
    for label in 0..<bound where numbers[label] == 0 {
      numbers[label] = next
      next += 1
    }
    for index in 0..<view.pixelCount where labels[index] >= 0 { labels[index] = numbers[Int(labels[index])] }
    return Int(next)
  }
}

extension SLIC {
  /// The number of clusters to begin with, at least 1 and at most `pixels`.
  func targetCount(pixels: Int) -> Int {
    switch segmentCount {
    case .fixed(let count): min(max(count, 1), pixels)
    case .size(let size): min(max(Int((Double(pixels) / Double(size)).rounded()), 1), pixels)
    case .edge(let length): Int(min(max((edgeCells(length) * Double(pixels)).rounded(), 1), Double(pixels)))
    case .adaptive(let adaptive): min(max(adaptive.finestCount, 1), max(pixels / 16, 1))
    }
  }

  /// How many squares, or cubes, with this edge in millimeters one pixel is.
  private func edgeCells(_ length: Double) -> Double { spacing.reduce(1) { $0 * $1 / length } }

  /// The spacing along plane, row, column, 1 where none is given.
  var spacingOfAxes: SIMD3<Double> {
    var values = SIMD3<Double>(repeating: 1)
    for axis in spacing.indices { values[3 - spacing.count + axis] = spacing[axis] }
    return values
  }
}
