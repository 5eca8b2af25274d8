import Foundation
import Metrics
import Tensor

/// Scores of the slices of one volume under two ways, with an interval of means over blocks of neighbouring slices, which look
/// alike.
struct BlockComparison {
  private let comparison: PairedComparison

  /// The second minus the first, slice by slice.
  init(of first: [Double], with second: [Double], slicesPerBlock: Int) {
    func blocks(_ values: [Double]) -> [Double] {
      stride(from: 0, to: values.count, by: slicesPerBlock).map {
        Array(values[$0..<min($0 + slicesPerBlock, values.count)]).mean
      }
    }
    var generator = RandomKey(seed: 1).stream(for: "leakage").generator
    comparison = PairedComparison(first: blocks(first), second: blocks(second), using: &generator)
  }

  var blocks: Int { comparison.differences.count }
  var difference: String { String(format: "%+.4f", comparison.meanDifference ?? 0) }
  /// 95 %; a dash where there are too few blocks.
  var interval: String {
    comparison.interval.map { String(format: "%+.4f ... %+.4f", $0.lowerBound, $0.upperBound) } ?? "-"
  }
}
