/// The part of a source that a block of result rows reads, with zeros where it lies outside.
///
/// When no zero is needed and there is one source, its own memory serves; otherwise the part is copied to a
/// patch that stays in the cache.
struct SourceWindow {
  var sources: [Tensor<Float>]
  var extent: SpatialExtent
  var step: SpatialExtent
  var offsets: [SpatialExtent]
  /// Result pixels along every axis.
  var count: SpatialExtent

  /// A block of rows of one plane of one image.
  struct Place {
    var image: Int
    var plane: Int
    var rows: Range<Int>
  }

  /// How result rows are cut into blocks: by shape alone.
  struct Plan: Equatable {
    var rowsPerBlock: Int
    var blocksPerPlane: Int
    var planes: Int
    var blocks: Int
    var patchSize: Int
    var height: Int

    func place(of block: Int) -> Place {
      let plane = block / blocksPerPlane
      let first = block % blocksPerPlane * rowsPerBlock
      return Place(
        image: plane / planes, plane: plane % planes, rows: first..<min(height, first + rowsPerBlock))
    }
  }

  /// Where result pixel (0, 0) of a place reads at offset 0, and the distances from there.
  struct View {
    var pointer: UnsafePointer<Float>
    var row: Int
    var pixel: Int
    var offsets: [Int]
  }

  private var channels: Int { sources.reduce(0) { $0 + $1.shape[-1] } }

  /// The first and last source coordinate that any pixel reads along an axis.
  private func reach(_ axis: KeyPath<SpatialExtent, Int>) -> ClosedRange<Int> {
    let offsets = self.offsets.map { $0[keyPath: axis] }
    let last = (count[keyPath: axis] - 1) * step[keyPath: axis]
    return (offsets.min() ?? 0)...max(offsets.min() ?? 0, last + (offsets.max() ?? 0))
  }

  private func offsetRange(_ axis: KeyPath<SpatialExtent, Int>) -> ClosedRange<Int> {
    let offsets = self.offsets.map { $0[keyPath: axis] }
    return (offsets.min() ?? 0)...(offsets.max() ?? 0)
  }

  /// Whether every read falls inside the one source.
  var readsSourceDirectly: Bool {
    sources.count == 1
      && (offsets.isEmpty
        || [\SpatialExtent.depth, \.height, \.width].allSatisfy { axis in
          let reach = self.reach(axis)
          return reach.lowerBound >= 0 && reach.upperBound < extent[keyPath: axis]
        })
  }

  /// Blocks whose patches hold about 2^16 floats (the second-level cache keeps four), at least one row each. A
  /// source that is read directly is not copied there: its blocks are twice as large, but at least four.
  func plan(batch: Int) -> Plan {
    let rowSize = reach(\.width).count * channels
    let planes = offsetRange(\.depth).count
    let budget = max(1, (1 << (readsSourceDirectly ? 17 : 16)) / max(1, rowSize * planes))
    let halo = offsetRange(\.height).count - 1
    let quarter = (batch * count.depth * count.height + 3) / 4
    let most = readsSourceDirectly ? min(count.height, max(1, quarter)) : count.height
    let rows = min(most, max(1, (budget - halo) / step.height, 1 << 13 / max(1, rowSize)))
    let blocks = (count.height + rows - 1) / rows
    let patchRows = (rows - 1) * step.height + halo + 1
    return Plan(
      rowsPerBlock: rows, blocksPerPlane: blocks, planes: count.depth,
      blocks: batch * count.depth * blocks,
      patchSize: readsSourceDirectly ? 0 : planes * patchRows * rowSize, height: count.height)
  }

  /// Makes the source ready for the rows of `place`.
  func view(_ place: Place, patch: UnsafeMutablePointer<Float>) -> View {
    let channels = self.channels
    if readsSourceDirectly {
      let row = extent.width * channels
      let plane = extent.height * row
      let first =
        (place.image * extent.depth + place.plane * step.depth) * plane
        + place.rows.lowerBound * step.height * row
      return View(
        pointer: sources[0].pointer + first, row: step.height * row, pixel: step.width * channels,
        offsets: offsets.map { $0.depth * plane + $0.height * row + $0.width * channels })
    }
    let (depths, heights, widths) = (offsetRange(\.depth), offsetRange(\.height), reach(\.width))
    let row = widths.count * channels
    let rows = (place.rows.count - 1) * step.height + heights.count
    var target = patch
    for z in depths {
      let depth = place.plane * step.depth + z
      for line in 0..<rows {
        copyRow(
          image: place.image, depth: depth,
          height: place.rows.lowerBound * step.height + heights.lowerBound + line, widths: widths,
          channels: channels, to: target)
        target += row
      }
    }
    return View(
      pointer: UnsafePointer(patch), row: step.height * row, pixel: step.width * channels,
      offsets: offsets.map {
        (($0.depth - depths.lowerBound) * rows + $0.height - heights.lowerBound) * row
          + ($0.width - widths.lowerBound) * channels
      })
  }

  /// One row of the sources side by side, from column `widths.lowerBound` on, zeros outside.
  private func copyRow(
    image: Int, depth: Int, height: Int, widths: ClosedRange<Int>, channels: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    let inside = widths.clamped(to: 0...max(0, extent.width - 1))
    guard depth >= 0, depth < extent.depth, height >= 0, height < extent.height, extent.width > 0,
      widths.lowerBound < extent.width, widths.upperBound >= 0
    else {
      target.update(repeating: 0, count: widths.count * channels)
      return
    }
    let before = inside.lowerBound - widths.lowerBound
    target.update(repeating: 0, count: before * channels)
    (target + (before + inside.count) * channels).update(
      repeating: 0, count: (widths.count - before - inside.count) * channels)
    let first = ((image * extent.depth + depth) * extent.height + height) * extent.width + inside.lowerBound
    if sources.count == 1 {
      (target + before * channels).update(
        from: sources[0].pointer + first * channels, count: inside.count * channels)
      return
    }
    var channel = 0
    for source in sources {
      let count = source.shape[-1]
      for pixel in 0..<inside.count {
        (target + (before + pixel) * channels + channel).update(
          from: source.pointer + (first + pixel) * count, count: count)
      }
      channel += count
    }
  }
}
