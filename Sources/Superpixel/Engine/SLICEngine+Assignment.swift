internal import CSuperCLKernels
import Synchronization
import Tensor

extension SLICEngine {
  /// Assigns and updates until convergence or the last pass.
  func iterate(
    _ clusters: inout SLICClusters, _ report: inout SLICReport, _ progress: SLICProgress.Handler?
  ) throws(SuperpixelError) {
    let last = options.maximumIterations
    for iteration in 1...last {
      let rowStride = iteration == last ? 1 : options.rowStride
      let changed = runPass(clusters, rowStride: rowStride, phase: iteration % rowStride)
      report.iterations = iteration
      report.lastChangeCount = changed
      if changed <= changeLimit {
        report.hasConverged = true
        return
      }
      let done = 0.1 + 0.8 * Double(iteration) / Double(last)
      try tell(progress, .pass(iteration: iteration, changedLabels: changed), done)
    }
  }

  /// Passes end when one changes no more labels than this.
  private var changeLimit: Int {
    guard options.rowStride == 1 else { return -1 }
    switch options.convergence {
    case .unchangedLabels: return 0
    case .changedShare(let share): return Int((share * Double(pixelCount)).wholeNumber(.down))
    case .never: return -1
    }
  }

  private var stripsPerPlane: Int { (height + Int(SCL_SLIC_STRIP) - 1) / Int(SCL_SLIC_STRIP) }

  /// One pass over all strips; returns how many labels changed and moves the centers.
  private func runPass(_ clusters: SLICClusters, rowStride: Int, phase: Int) -> Int {
    let strips = stripsPerPlane * depth
    let capacity = listStrips(clusters)
    let threads = max(1, min(threads, strips))
    let columns = Int(SCL_SLIC_SUMS) + max(channels, 4)
    let sums = scratch.take(.sums, Double.self, threads * clusters.count * columns)
    let bytes =
      (scl_slic_workspace_bytes(Int64(capacity), Int64(channels), Int64(width), clusters.window.z) + 63) & ~63
    let workspaces = scratch.take(.workspaces, UInt8.self, threads * bytes)
    var pass = self.pass
    pass.center_z = UnsafePointer(clusters.z)
    pass.center_y = UnsafePointer(clusters.y)
    pass.center_x = UnsafePointer(clusters.x)
    pass.center_color = UnsafePointer(clusters.color)
    (pass.window_z, pass.window_y, pass.window_x) = (
      clusters.window.x, clusters.window.y, clusters.window.z
    )
    func scale(_ axis: Int) -> Float {
      Float(min(max(spacing[axis] * options.compactness / clusters.step, 1e-12), 1e12))
    }
    (pass.scale_z, pass.scale_y, pass.scale_x) = (scale(0), scale(1), scale(2))
    pass.strip_offsets = UnsafePointer(scratch.take(.stripOffsets, Int32.self, strips + 2))
    pass.strip_clusters = UnsafePointer(scratch.take(.stripClusters, Int32.self, 1))
    (pass.row_stride, pass.row_phase) = (Int32(rowStride), Int32(phase))
    if options.variant == .slico {
      // The kernels multiply the color term; its weight is 1 over the largest distance.
      let weights = scratch.take(.weights, Float.self, clusters.count)
      for k in 0..<clusters.count { weights[k] = 1 / clusters.maxima[k] }
      pass.color_weight = UnsafePointer(weights)
    }
    let changed = Atomic<Int>(0)
    let table = clusters.count * columns
    sums.update(repeating: 0, count: threads * table)
    let grain = max(1, strips / (threads * 16))
    let shares = (strips + grain - 1) / grain
    forEachShare(of: shares, threads: threads) { thread, share in
      var workspace = scl_slic_workspace(memory: workspaces + thread * bytes, capacity: Int32(capacity))
      var count: Int64 = 0
      for strip in share * grain..<min((share + 1) * grain, strips) {
        count += kernels.assign(&pass, Int64(strip), &workspace, sums + thread * table)
      }
      changed.wrappingAdd(Int(count), ordering: .relaxed)
    }
    for thread in 1..<threads where threads > 1 {
      for i in 0..<table { sums[i] += sums[thread * table + i] }
    }
    move(clusters, sums, columns)
    if options.variant == .slico { raiseMaxima(clusters, &pass, threads: threads) }
    return changed.load(ordering: .relaxed)
  }

  /// The part of the kernels' arguments that does not change between passes.
  var pass: scl_slic_pass {
    var pass = scl_slic_pass()
    pass.features = UnsafePointer(features)
    pass.feature_row = featureRow
    pass.feature_plane = featurePlane
    pass.block_sums = UnsafePointer(blockSums)
    pass.labels = labels
    pass.depth = Int32(depth)
    pass.height = Int32(height)
    pass.width = Int32(width)
    pass.channels = Int32(channels)
    pass.strips_per_plane = Int32(stripsPerPlane)
    pass.row_stride = 1
    pass.row_phase = 0
    return pass
  }

  /// SLICO: raises each cluster's largest squared color distance, in units of the squared compactness.
  private func raiseMaxima(_ clusters: SLICClusters, _ pass: inout scl_slic_pass, threads: Int) {
    let unit = Float(1 / min(max(options.compactness * options.compactness, 1e-30), 1e30))
    let strips = stripsPerPlane * depth
    let tables = scratch.take(.maxima, Float.self, threads * clusters.count)
    tables.update(repeating: 1, count: threads * clusters.count)
    let grain = max(1, strips / (threads * 16))
    let shared = pass
    forEachShare(of: (strips + grain - 1) / grain, threads: threads) { thread, share in
      withUnsafePointer(to: shared) { pass in
        for strip in share * grain..<min((share + 1) * grain, strips) {
          kernels.raise_maxima(pass, Int64(strip), unit, tables + thread * clusters.count)
        }
      }
    }
    for thread in 0..<threads {
      for k in 0..<clusters.count {
        clusters.maxima[k] = max(clusters.maxima[k], tables[thread * clusters.count + k])
      }
    }
  }

  /// Moves each center to the mean of its pixels; one without pixels stays.
  private func move(_ clusters: SLICClusters, _ sums: UnsafePointer<Double>, _ columns: Int) {
    for k in 0..<clusters.count {
      let row = sums + k * columns
      guard row[0] > 0 else { continue }
      clusters.z[k] = Float(row[1] / row[0])
      clusters.y[k] = Float(row[2] / row[0])
      clusters.x[k] = Float(row[3] / row[0])
      for channel in 0..<channels {
        clusters.color[k * channels + channel] = Float(row[Int(SCL_SLIC_SUMS) + channel] / row[0])
      }
    }
  }

  /// Lists for each strip the clusters whose window reaches into it, ascending, and returns the length of the
  /// longest list.
  private func listStrips(_ clusters: SLICClusters) -> Int {
    let strips = stripsPerPlane * depth
    let rows = Int(SCL_SLIC_STRIP)
    let offsets = scratch.take(.stripOffsets, Int32.self, strips + 2)
    offsets.update(repeating: 0, count: strips + 2)
    func reach(_ k: Int) -> (planes: ClosedRange<Int>, strips: ClosedRange<Int>) {
      let z = bounds(clusters.z[k], clusters.window.x, depth)
      let y = bounds(clusters.y[k], clusters.window.y, height)
      return (z, y.lowerBound / rows...y.upperBound / rows)
    }
    for k in 0..<clusters.count {
      let (planes, range) = reach(k)
      for z in planes {
        for strip in range { offsets[z * stripsPerPlane + strip + 2] += 1 }
      }
    }
    var longest: Int32 = 0
    for strip in 0..<strips {
      longest = max(longest, offsets[strip + 2])
      offsets[strip + 2] += offsets[strip + 1]
    }
    let list = scratch.take(.stripClusters, Int32.self, Int(offsets[strips + 1]))
    for k in 0..<clusters.count {
      let (planes, range) = reach(k)
      for z in planes {
        for strip in range {
          let index = z * stripsPerPlane + strip + 1
          list[Int(offsets[index])] = Int32(k)
          offsets[index] += 1
        }
      }
    }
    return Int(longest)
  }

  /// Positions inside 0 ..< extent that hold all within `window` of a center; the kernels look closer.
  private func bounds(_ center: Float, _ window: Float, _ extent: Int) -> ClosedRange<Int> {
    let high = min(extent - 1, Int(center + window))
    return min(Int(max(center - window, 0)), high)...max(high, 0)
  }
}
