import Foundation
import MPIRanks
import NN
import Tensor

extension MPICommunicator {
  /// The same work in two ways, ranks together and each for itself, in turn: either begins half of the rounds. The seconds of each
  /// round; apart, the mean over the ranks: together they do as much in it as the ranks at once.
  func inTurn(_ rounds: Int, together: () throws -> Double, apart: () throws -> Double) throws -> (
    together: [Double], apart: [Double]
  ) {
    var (shared, alone): ([Double], [Double]) = ([], [])
    for round in 0..<rounds {
      for turn in 0..<2 {
        try barrier()
        if (round + turn) % 2 == 0 {
          shared.append(try together())
        } else {
          alone.append(try sum(Tensor<Double>([try apart()])).item / Double(count))
        }
      }
    }
    return (shared, alone)
  }

  func sayWhereItRuns() { print("\(processorName); \(libraryVersion)") }
}

/// How much faster the second took the same work, round by round: the median, and from the tenth to the ninetieth percentile.
func ratioText(_ first: [Double], _ second: [Double]) -> String {
  let ratios = zip(first, second).map { $0 / $1 }
  let texts = [median(ratios), percentile(ratios, 0.1), percentile(ratios, 0.9)].map {
    String(format: "%.3f", $0)
  }
  return "\(texts[0]) (\(texts[1]) ... \(texts[2]))"
}
