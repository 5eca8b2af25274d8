public import ExampleSupport
public import Foundation
import Tensor

/// What `segment train` is asked to do, as on its command line.
public struct SegmentRequest: Sendable {
  /// The folder of images and segmentations.
  public var folder: String
  public var output: URL
  public var settings: SegmentSettings
  /// The classes to find; `nil` for every label that a segmentation has.
  public var classes: [RequestedClass]?
  /// What becomes of labels that are of no class.
  public var otherLabels = OtherLabels.refused
  /// A pre-trained encoder's file.
  public var encoder: String?
  /// How many of the patients that do not validate train; `nil` for all.
  public var labels = LabelBudget.all
  /// Steps between checkpoints.
  public var checkpointInterval = 100
  /// Threads that read patches ahead; 0: all cores between two steps.
  public var workers = 0
  /// How pictures lie.
  public var view = AnatomicalView.radiological

  public init(folder: String, output: URL, settings: SegmentSettings) {
    (self.folder, self.output, self.settings) = (folder, output, settings)
  }
}

/// How many patients train.
public enum LabelBudget: Sendable, Hashable, CustomStringConvertible {
  case all
  case patients(Int)
  case fraction(Double)

  /// Of `count` patients; at least one.
  func patients(of count: Int) -> Int {
    switch self {
    case .all: count
    case .patients(let wanted): min(wanted, count)
    case .fraction(let share): max(1, Int((share * Double(count)).rounded()))
    }
  }

  public var description: String {
    switch self {
    case .all: "all"
    case .patients(let count): "\(count) patients"
    case .fraction(let share): "a share of \(share)"
    }
  }
}

/// What becomes of labels that are of no class.
public enum OtherLabels: String, Sendable, CaseIterable {
  case refused
  /// Background.
  case background
}

/// A class to find: its name, and the labels that are merged into it.
public struct RequestedClass: Sendable, Hashable {
  public let name: String
  public let labels: [Int32]

  /// A class from the command line: `NAME=LABEL`, or `NAME=LABEL+LABEL`.
  ///
  /// - Throws: ``ExampleFailure``: no such text (64).
  public init(argument: String) throws(ExampleFailure) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let labels =
      parts.count == 2
      ? parts[1].split(separator: "+", omittingEmptySubsequences: false).map { Int32($0) } : []
    guard !labels.isEmpty, !parts[0].isEmpty, labels.allSatisfy({ $0 != nil && $0 != 0 }) else {
      throw ExampleFailure(.usage, "--classes: '\(argument)' is not NAME=LABEL or NAME=LABEL+LABEL")
    }
    (name, self.labels) = (String(parts[0]), labels.compactMap(\.self))
  }

  /// A class of one label, named after it.
  init(label: Int32) { (name, labels) = ("label \(label)", [label]) }
}

extension [RequestedClass] {
  /// - Throws: ``ExampleFailure``: a name or a label twice (64).
  public func checked() throws(ExampleFailure) -> [RequestedClass] {
    var (names, labels): (Set<String>, Set<Int32>) = ([], [])
    for item in self {
      guard names.insert(item.name).inserted else {
        throw ExampleFailure(.usage, "--classes: '\(item.name)' is named twice")
      }
      for label in item.labels where !labels.insert(label).inserted {
        throw ExampleFailure(.usage, "--classes: the label \(label) is in two classes")
      }
    }
    return self
  }
}
