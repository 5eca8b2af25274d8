public import Foundation
import Tensor

/// Which patients train with 10 % and 25 % of the labels, and which are the test.
///
/// A split file for sets whose lists are long is JSON: `{"10": [3, 7], "25": [3, 7, 11], "test": [1, 2]}`.
public struct DatasetSplit: Hashable, Sendable {
  /// The share of the labels that may be trained on.
  public enum Fraction: Double, Hashable, Sendable, CaseIterable {
    case tenPercent = 0.1
    case quarter = 0.25
    /// Everything that is not the test.
    case all = 1
  }

  public let tenPercent: [Int]
  public let quarter: [Int]
  public let test: [Int]

  public init(tenPercent: [Int], quarter: [Int], test: [Int]) {
    self.tenPercent = tenPercent
    self.quarter = quarter
    self.test = test
  }

  /// A split from a file.
  ///
  /// - Throws: `notFound`, or `badLayout` for other JSON, for a key that stands twice, and for a patient that both trains and tests.
  public init(contentsOf url: URL) throws(MedIOError) {
    guard let data = try? RegularFile.data(contentsOf: url) else {
      throw MedIOError(.notFound, path: url.path, context: "no split file")
    }
    let lists: [String: [Int]]
    do {
      try JSONReader.check(Array(data))
      lists = try JSONDecoder().decode([String: [Int]].self, from: data)
    } catch {
      throw MedIOError(
        .badLayout, path: url.path, context: "not lists of numbers under 10, 25 and test", underlying: error)
    }
    guard let ten = lists["10"], let quarter = lists["25"], let test = lists["test"] else {
      throw MedIOError(
        .badLayout, path: url.path, context: "lists \(lists.keys.sorted()), not 10, 25 and test")
    }
    if let both = (ten + quarter).first(where: test.contains) {
      throw MedIOError(.badLayout, path: url.path, context: "patient \(both) both trains and tests")
    }
    self.init(tenPercent: ten, quarter: quarter, test: test)
  }

  /// The keys to train on, of those that exist.
  public func training(_ fraction: Fraction, of keys: [Int]) -> [Int] {
    switch fraction {
    case .tenPercent: tenPercent
    case .quarter: quarter
    case .all: keys.filter { !test.contains($0) }
    }
  }
}
