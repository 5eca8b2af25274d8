internal import CSuperCLKernels

/// Normalisation of floats by the vectorised kernels: rows are cut into chunks of half a megabyte, whose
/// partial sums are added in double precision and in the order of the rows.
enum NormalizationFast {
  /// Whether every row has its own statistics (layer norm), so that the row kernels apply.
  private static func isByRow(_ layout: NormalizationLayout) -> Bool {
    layout.positions == 1 && layout.groups == 1
  }

  /// The rows of each sample, cut into chunks.
  private struct Chunks {
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

  // MARK: Gradients

  static func gradients(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, layout: NormalizationLayout,
    mean: UnsafePointer<Float>, inverseDeviation: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, slope: Float, origin: StatisticsOrigin,
    inputGradient: UnsafeMutablePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>
  ) {
    let kernels = scl_normalization().pointee
    let channels = layout.channels
    if isByRow(layout), slope == 1, origin == .input {
      rowGradients(
        outputGradient, input: input, layout: layout, mean: mean, inverseDeviation: inverseDeviation,
        weight: weight, inputGradient: inputGradient, weightGradient: weightGradient,
        biasGradient: biasGradient)
      return
    }
    let chunks = Chunks(layout)
    withChannelTable(layout, mean, inverseDeviation, weight) { table in
      withScratch(chunks.count * channels * 2) { partial in
        chunks.forEach { chunk, sample, start, rows in
          var shape = table.rows(rows, sample: sample, bias: bias, slope: slope)
          let result = partial + chunk * 2 * channels
          kernels.gradient_sums(outputGradient + start, input + start, &shape, result, result + channels)
        }
        // Two numbers for each channel of each sample: `dx = g scale - constant - (x - mean) factor`.
        withScratch(layout.samples * channels * 2) { coefficients in
          combine(
            partial, chunks: chunks, inverseDeviation: inverseDeviation, weight: weight, origin: origin,
            coefficients: coefficients, weightGradient: weightGradient, biasGradient: biasGradient)
          chunks.forEach { _, sample, start, rows in
            var shape = table.rows(rows, sample: sample, bias: bias, slope: slope)
            let own = coefficients + sample * 2 * channels
            kernels.input_gradient(
              outputGradient + start, input + start, &shape, own, own + channels, inputGradient + start)
          }
        }
      }
    }
  }

  private static func combine(
    _ partial: UnsafePointer<Float>, chunks: Chunks, inverseDeviation: UnsafePointer<Float>,
    weight: UnsafePointer<Float>, origin: StatisticsOrigin, coefficients: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>
  ) {
    let layout = chunks.layout
    let channels = layout.channels
    // For each channel the sums of g and of g x^, over the batch and over one sample.
    var totals = [Double](repeating: 0, count: 2 * channels)
    var sums = [Double](repeating: 0, count: 2 * channels)
    for sample in 0..<layout.samples {
      for channel in 0..<2 * channels {
        var sum = 0.0
        for part in 0..<chunks.perSample {
          sum += Double(partial[(sample * chunks.perSample + part) * 2 * channels + channel])
        }
        sums[channel] = sum
        totals[channel] += sum
      }
      for group in 0..<layout.groups {
        var (gradient, product) = (0.0, 0.0)
        let members = group * layout.groupSize..<(group + 1) * layout.groupSize
        for channel in members {
          gradient += sums[channel] * Double(weight[channel])
          product += sums[channels + channel] * Double(weight[channel])
        }
        let inverse = Double(inverseDeviation[sample * layout.groups + group])
        let scale = origin == .input ? inverse / Double(max(1, layout.count)) : 0
        for channel in members {
          coefficients[sample * 2 * channels + channel] = Float(gradient * scale)
          coefficients[(sample * 2 + 1) * channels + channel] = Float(product * scale * inverse)
        }
      }
    }
    for channel in 0..<channels {
      biasGradient[channel] = Float(totals[channel])
      weightGradient[channel] = Float(totals[channels + channel])
    }
  }

  private static func rowGradients(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, layout: NormalizationLayout,
    mean: UnsafePointer<Float>, inverseDeviation: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>
  ) {
    let kernels = scl_normalization().pointee
    let channels = layout.channels
    let grain = max(32, (1 << 17) / max(1, channels))
    let count = (layout.samples + grain - 1) / grain
    withScratch(count * channels * 2) { partial in
      partial.initialize(repeating: 0, count: count * channels * 2)
      Parallel.for(layout.samples, grain: grain) { rows in
        let start = rows.lowerBound
        var shape = scl_normalized_rows(
          rows: rows.count, channels: channels, mean: mean + start, inverse: inverseDeviation + start,
          scale: nil, bias: nil, slope: 1, streams: 0)
        let sums = partial + start / grain * 2 * channels
        kernels.row_gradient(
          outputGradient + start * channels, input + start * channels, &shape, weight,
          inputGradient + start * channels, sums, sums + channels)
      }
      for channel in 0..<channels {
        var (gradient, product) = (0.0, 0.0)
        for chunk in 0..<count {
          gradient += Double(partial[chunk * 2 * channels + channel])
          product += Double(partial[(chunk * 2 + 1) * channels + channel])
        }
        biasGradient[channel] = Float(gradient)
        weightGradient[channel] = Float(product)
      }
    }
  }

  // MARK: Scratch

  /// Mean, inverse deviation and scale for each channel of each sample, where the statistics belong to
  /// groups.
  private struct ChannelTable {
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

  private static func withChannelTable(
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

  private static func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(count, 1)) { buffer in
      if let start = buffer.baseAddress { body(start) }
    }
  }
}
