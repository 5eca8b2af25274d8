internal import CSuperCLKernels

/// Normalisation of floats by the vectorised kernels: rows are cut into chunks of half a megabyte, whose
/// partial sums are added in double precision and in the order of the rows.
enum NormalizationFast {
  /// Whether every row has its own statistics (layer norm), so that the row kernels apply.
  static func isByRow(_ layout: NormalizationLayout) -> Bool {
    layout.positions == 1 && layout.groups == 1
  }

  /// The rows of each sample, cut into chunks.
  struct Chunks {
    let layout: NormalizationLayout
    let rows: Int
    let perSample: Int

    init(_ layout: NormalizationLayout) {
      self.layout = layout
      rows = max(16, (1 << 17) / max(1, layout.channels))
      perSample = (layout.positions + rows - 1) / rows
    }

    var count: Int { layout.samples * perSample }

    /// Calls `body` with the number of each chunk, its sample, its first element and its row count.
    func forEach(_ body: (_ chunk: Int, _ sample: Int, _ start: Int, _ rows: Int) -> Void) {
      let size = max(1, min(rows, layout.positions) * layout.channels)
      Parallel.for(count, grain: max(1, (1 << 17) / size)) { range in
        for chunk in range {
          let (sample, part) = chunk.quotientAndRemainder(dividingBy: perSample)
          let first = part * rows
          body(
            chunk, sample, (sample * layout.positions + first) * layout.channels,
            min(rows, layout.positions - first))
        }
      }
    }
  }

  // MARK: Moments

  static func moments(
    _ input: UnsafePointer<Float>, layout: NormalizationLayout, mean: UnsafeMutablePointer<Float>,
    variance: UnsafeMutablePointer<Float>
  ) {
    let kernels = scl_normalization().pointee
    let channels = layout.channels
    if isByRow(layout) {
      Parallel.for(layout.samples, grain: max(1, (1 << 16) / max(1, channels))) { rows in
        kernels.row_moments(
          input + rows.lowerBound * channels, rows.count, channels, mean + rows.lowerBound,
          variance + rows.lowerBound)
      }
      return
    }
    let chunks = Chunks(layout)
    withScratch(chunks.count * channels * 2) { partial in
      chunks.forEach { chunk, _, start, rows in
        withScratch(2 * channels) { work in
          let result = partial + chunk * 2 * channels
          kernels.moments(input + start, rows, channels, result, result + channels, work)
        }
      }
      for statistic in 0..<layout.statisticCount {
        let (sample, group) = statistic.quotientAndRemainder(dividingBy: layout.groups)
        var (count, center, squares) = (0.0, 0.0, 0.0)
        for part in 0..<chunks.perSample {
          let result = partial + (sample * chunks.perSample + part) * 2 * channels
          let rows = Double(min(chunks.rows, layout.positions - part * chunks.rows))
          for channel in group * layout.groupSize..<(group + 1) * layout.groupSize {
            let difference = Double(result[channel]) - center
            let total = count + rows
            squares += Double(result[channels + channel]) + difference * difference * count * rows / total
            center += difference * rows / total
            count = total
          }
        }
        mean[statistic] = count == 0 ? .nan : Float(center)
        variance[statistic] = Float(squares / count)
      }
    }
  }

  // MARK: Output

  static func normalize(
    _ input: UnsafePointer<Float>, layout: NormalizationLayout, mean: UnsafePointer<Float>,
    inverseDeviation: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    slope: Float, output: UnsafeMutablePointer<Float>
  ) {
    let kernels = scl_normalization().pointee
    let channels = layout.channels
    if isByRow(layout), slope == 1 {
      Parallel.for(layout.samples, grain: max(1, (1 << 16) / max(1, channels))) { rows in
        let start = rows.lowerBound
        var shape = scl_normalized_rows(
          rows: rows.count, channels: channels, mean: mean + start, inverse: inverseDeviation + start,
          scale: nil, bias: bias, slope: 1, streams: 0)
        kernels.row_normalize(input + start * channels, &shape, weight, output + start * channels)
      }
      return
    }
    withChannelTable(layout, mean, inverseDeviation, weight) { table in
      Chunks(layout).forEach { _, sample, start, rows in
        var shape = table.rows(rows, sample: sample, bias: bias, slope: slope)
        kernels.normalize(input + start, &shape, output + start)
      }
    }
  }

  // MARK: Scratch

  /// Mean, inverse deviation and scale for each channel of each sample, where the statistics belong to
  /// groups.
  struct ChannelTable {
    let layout: NormalizationLayout
    let mean, inverse, scale: UnsafePointer<Float>

    func rows(
      _ rows: Int, sample: Int, bias: UnsafePointer<Float>, slope: Float
    ) -> scl_normalized_rows {
      let first = sample * layout.channels
      return scl_normalized_rows(
        rows: rows, channels: layout.channels, mean: mean + first, inverse: inverse + first,
        scale: scale + first, bias: bias, slope: slope,
        streams: exceedsCaches(layout.samples * layout.sampleSize) ? 1 : 0)
    }
  }

  static func withChannelTable(
    _ layout: NormalizationLayout, _ mean: UnsafePointer<Float>, _ inverseDeviation: UnsafePointer<Float>,
    _ weight: UnsafePointer<Float>, _ body: (ChannelTable) -> Void
  ) {
    let count = layout.samples * layout.channels
    withScratch(3 * count) { table in
      for index in 0..<count {
        let (sample, channel) = index.quotientAndRemainder(dividingBy: layout.channels)
        let statistic = sample * layout.groups + channel / layout.groupSize
        table[index] = mean[statistic]
        table[count + index] = inverseDeviation[statistic]
        table[2 * count + index] = inverseDeviation[statistic] * weight[channel]
      }
      body(ChannelTable(layout: layout, mean: table, inverse: table + count, scale: table + 2 * count))
    }
  }

  static func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(count, 1)) { buffer in
      if let start = buffer.baseAddress { body(start) }
    }
  }
}
