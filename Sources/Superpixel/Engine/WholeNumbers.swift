/// Counts of pixels from a share, such as .29 of 100, which is 28.999999999999996 in binary numbers.
extension Double {
  /// The next whole number in a direction; this number's own neighborhood when it is whole but for the rounding of the few
  /// operations that made it.
  func wholeNumber(_ rule: FloatingPointRoundingRule) -> Double {
    let nearest = rounded()
    return abs(self - nearest) <= 4 * ulp ? nearest : rounded(rule)
  }
}
