#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The weights of a Gaussian filter of `2 radius + 1` pixels, which add up to 1.
package func gaussianWeights(standardDeviation sigma: Double, radius: Int) -> [Double] {
  let weights = (-radius...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
  let sum = weights.reduce(0, +)
  return weights.map { $0 / sum }
}
