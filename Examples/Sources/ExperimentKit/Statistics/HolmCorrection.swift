/// Holm's correction of several p-values of one family: the chance of any false claim among them stays below the level.
public enum HolmCorrection {
  /// The adjusted values, in the order given: of m values the k-th smallest (from 0) is multiplied by m - k, never less than
  /// the one before it, at most 1.
  ///
  /// Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
  public static func adjusted(_ values: [Double]) -> [Double] {
    var result = values
    var least = 0.0
    for (rank, index) in values.indices.sorted(by: { (values[$0], $0) < (values[$1], $1) }).enumerated() {
      least = max(least, min(1, Double(values.count - rank) * values[index]))
      result[index] = least
    }
    return result
  }

  /// Corrects the p-values of a family of claims; a claim without one is no member.
  static func adjust<Claim>(
    _ family: inout [Claim], _ value: KeyPath<Claim, Double?>, to adjusted: WritableKeyPath<Claim, Double?>
  ) {
    let tested = family.indices.filter { family[$0][keyPath: value] != nil }
    let values = Self.adjusted(tested.compactMap { family[$0][keyPath: value] })
    for (index, corrected) in zip(tested, values) { family[index][keyPath: adjusted] = corrected }
  }
}
