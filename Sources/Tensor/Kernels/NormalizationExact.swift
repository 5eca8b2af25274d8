/// The definition of every normalisation in plain loops: what `Double` uses, and what the vectorised kernels
/// are tested against.
enum NormalizationExact {
  /// Mean and biased variance of each (sample, group), in two passes.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func moments<Scalar: TensorFloatingPointScalar>(
    _ input: UnsafePointer<Scalar>, layout: NormalizationLayout,
    mean: UnsafeMutablePointer<Scalar>, variance: UnsafeMutablePointer<Scalar>
  ) {
    let size = layout.groupSize
    let count = Scalar(layout.count)
    for sample in 0..<layout.samples {
      for group in 0..<layout.groups {
        let start = input + sample * layout.sampleSize + group * size
        // Relative to the first value, so that a constant has its own value as mean, to the bit.
        let origin = layout.count > 0 ? start[0] : 0
        var sum: Scalar = 0
        for position in 0..<layout.positions {
          for channel in 0..<size { sum += start[position * layout.channels + channel] - origin }
        }
        let center = origin + sum / count
        var squares: Scalar = 0
        for position in 0..<layout.positions {
          for channel in 0..<size {
            let difference = start[position * layout.channels + channel] - center
            squares += difference * difference
          }
        }
        mean[sample * layout.groups + group] = center
        variance[sample * layout.groups + group] = squares / count
      }
    }
  }

  /// `y = f(weight (x - mean) / standard deviation + bias)`, f the leaky ReLU of slope `slope`.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func normalize<Scalar: TensorFloatingPointScalar>(
    _ input: UnsafePointer<Scalar>, layout: NormalizationLayout,
    mean: UnsafePointer<Scalar>, inverseDeviation: UnsafePointer<Scalar>,
    weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>, slope: Scalar,
    output: UnsafeMutablePointer<Scalar>
  ) {
    let size = layout.groupSize
    for sample in 0..<layout.samples {
      for position in 0..<layout.positions {
        let start = sample * layout.sampleSize + position * layout.channels
        for channel in 0..<layout.channels {
          let statistic = sample * layout.groups + channel / size
          let scale = inverseDeviation[statistic] * weight[channel]
          let value = (input[start + channel] - mean[statistic]) * scale + bias[channel]
          output[start + channel] = value < 0 ? (slope == 0 ? 0 : slope * value) : value
        }
      }
    }
  }

  /// With g = dy f'(.) and h = weight g, x^ the normalised input and the means over a (sample, group):
  /// `dx = (h - mean(h) - x^ mean(h x^)) / standard deviation`, `dweight = sum(g x^)`, `dbias = sum(g)`.
  /// With `.fixed` statistics the two means drop out: the statistics do not depend on the input. With those of `.ranks` the
  /// means are over all of them.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func gradients<Scalar: TensorFloatingPointScalar>(
    _ outputGradient: UnsafePointer<Scalar>, input: UnsafePointer<Scalar>, layout: NormalizationLayout,
    mean: UnsafePointer<Scalar>, inverseDeviation: UnsafePointer<Scalar>,
    weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>, slope: Scalar, origin: StatisticsOrigin,
    inputGradient: UnsafeMutablePointer<Scalar>, weightGradient: UnsafeMutablePointer<Scalar>,
    biasGradient: UnsafeMutablePointer<Scalar>
  ) {
    let size = layout.groupSize
    for channel in 0..<layout.channels {
      weightGradient[channel] = 0
      biasGradient[channel] = 0
    }
    let statistics = layout.samples * layout.groups
    // Sums of h, then of h x^.
    var sums = [Double](repeating: 0, count: 2 * statistics)
    for sample in 0..<layout.samples {
      for group in 0..<layout.groups {
        let statistic = sample * layout.groups + group
        let center = mean[statistic]
        let inverse = inverseDeviation[statistic]
        var sum: Scalar = 0
        var product: Scalar = 0
        for position in 0..<layout.positions {
          let start = sample * layout.sampleSize + position * layout.channels
          for channel in group * size..<(group + 1) * size {
            let value = (input[start + channel] - center) * (inverse * weight[channel]) + bias[channel]
            let normalized = (input[start + channel] - center) * inverse
            let gradient = outputGradient[start + channel] * (value > 0 ? 1 : slope)
            weightGradient[channel] += gradient * normalized
            biasGradient[channel] += gradient
            inputGradient[start + channel] = gradient * weight[channel]
            sum += gradient * weight[channel]
            product += gradient * weight[channel] * normalized
          }
        }
        sums[statistic] = sum.doubleValue
        sums[statistics + statistic] = product.doubleValue
      }
    }
    sums = origin.totals(sums)
    let count = origin.count(own: layout.count).map { Double($0) }
    for sample in 0..<layout.samples {
      for group in 0..<layout.groups {
        let statistic = sample * layout.groups + group
        let center = mean[statistic]
        let inverse = inverseDeviation[statistic]
        let meanGradient = count.map { Scalar(sums[statistic] / $0) } ?? 0
        let meanProduct = count.map { Scalar(sums[statistics + statistic] / $0) } ?? 0
        for position in 0..<layout.positions {
          let start = sample * layout.sampleSize + position * layout.channels
          for channel in group * size..<(group + 1) * size {
            let normalized = (input[start + channel] - center) * inverse
            inputGradient[start + channel] =
              (inputGradient[start + channel] - meanGradient - normalized * meanProduct) * inverse
          }
        }
      }
    }
  }
}
