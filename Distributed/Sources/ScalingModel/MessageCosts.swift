#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Network {
  /// Rounds in which each rank can have heard of all n.
  private static func rounds(_ ranks: Int) -> Double { log2(Double(ranks)).rounded(.up) }

  /// Seconds of a sum of `bytes` that all ranks get: the faster of the two algorithms that MPIs use,
  ///
  ///     short   log n (a + m/b + m/c)                                recursive doubling
  ///     long    2 log n a + 2 (n - 1)/n m/b + (n - 1)/n m/c          reduce-scatter and all-gather
  ///
  /// with latency a, bandwidth b, addition c. Sources: Thakur, Rabenseifner and Gropp, IJHPCA 2005, section 4.
  public func sumSeconds(bytes: Double, ranks: Int) -> Double {
    guard ranks > 1 else { return 0 }
    let (rounds, share) = (Self.rounds(ranks), Double(ranks - 1) / Double(ranks))
    let short = rounds * (latency + bytes / bandwidth + bytes / addition)
    let long = 2 * rounds * latency + share * bytes * (2 / bandwidth + 1 / addition)
    return min(short, long)
  }

  /// Seconds until every rank has the `bytes` of each: `log n a + (n - 1) m/b` (the same source, section 3).
  public func gatherSeconds(bytes: Double, ranks: Int) -> Double {
    guard ranks > 1 else { return 0 }
    return Self.rounds(ranks) * latency + Double(ranks - 1) * bytes / bandwidth
  }

  /// Seconds until every rank has its part, of `bytes`, of a sum over the ranks: `log n a + (n - 1) m (1/b + 1/c)`.
  public func scatterSumSeconds(bytes: Double, ranks: Int) -> Double {
    guard ranks > 1 else { return 0 }
    return gatherSeconds(bytes: bytes, ranks: ranks) + Double(ranks - 1) * bytes / addition
  }
}
