internal import CSuperCLKernels

extension NormalizationFast {
  static func gradients(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, layout: NormalizationLayout,
    mean: UnsafePointer<Float>, inverseDeviation: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, slope: Float, origin: StatisticsOrigin,
    inputGradient: UnsafeMutablePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>
  ) {
    let kernels = scl_normalization().pointee
    let channels = layout.channels
    if isByRow(layout), slope == 1, origin.isInput {
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
      sums = origin.totals(sums)
      for group in 0..<layout.groups {
        var (gradient, product) = (0.0, 0.0)
        let members = group * layout.groupSize..<(group + 1) * layout.groupSize
        for channel in members {
          gradient += sums[channel] * Double(weight[channel])
          product += sums[channels + channel] * Double(weight[channel])
        }
        let inverse = Double(inverseDeviation[sample * layout.groups + group])
        let scale = origin.count(own: layout.count).map { inverse / Double(max(1, $0)) } ?? 0
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
}
