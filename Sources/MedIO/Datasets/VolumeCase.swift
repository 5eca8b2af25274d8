public import Foundation
public import Tensor

/// The files of one scan of a data set.
public struct VolumeCase: Hashable, Sendable {
  /// The name of the scan, unique in its data set: `patient018_frame01`.
  public let identifier: String
  /// The number by which splits name the patient.
  public let key: Int
  /// The image files, one for each modality, in the data set's order.
  public let images: [URL]
  /// The segmentation; `nil` for an unlabelled scan.
  public let labels: URL?

  public init(identifier: String, key: Int, images: [URL], labels: URL?) {
    self.identifier = identifier
    self.key = key
    self.images = images
    self.labels = labels
  }
}

/// What becomes of the labels in a file.
public struct LabelMapping: Hashable, Sendable {
  /// What becomes of a label that the table does not list.
  public enum Unlisted: Hashable, Sendable {
    /// An error that names the file and the label.
    case refused
    /// Background, 0.
    case background
    /// Its own number: to look at a file's labels before classes are chosen.
    case kept
  }

  /// The label of the file to the class.
  public let classes: [Int32: Int32]
  public let unlisted: Unlisted

  public init(_ classes: [Int32: Int32], unlisted: Unlisted = .refused) {
    self.classes = classes
    self.unlisted = unlisted
  }

  /// 0 to 0, and the given labels to 1, 2, 3, ...
  public init(inOrder labels: [Int32], unlisted: Unlisted = .refused) {
    var classes: [Int32: Int32] = [0: 0]
    for (index, label) in labels.enumerated() { classes[label] = Int32(index + 1) }
    self.init(classes, unlisted: unlisted)
  }

  /// 0 to 0, all labels of the first group to 1, of the second to 2, ...: the left and the right kidney are one class.
  ///
  ///     LabelMapping(merging: [[5], [2, 3]], unlisted: .background)  // 5 to 1; 2 and 3 to 2
  ///
  /// - Precondition: no label stands in two groups, and 0, the background, in none.
  public init(merging groups: [[Int32]], unlisted: Unlisted = .refused) {
    var classes: [Int32: Int32] = [0: 0]
    for (index, label) in groups.enumerated().flatMap({ index, group in group.map { (index, $0) } }) {
      let known = classes.updateValue(Int32(index + 1), forKey: label)
      shapePrecondition(
        known == nil || known == Int32(index + 1), "the label \(label) is in two classes of \(groups)")
    }
    self.init(classes, unlisted: unlisted)
  }

  /// The number of classes with background; labels that are ``Unlisted/kept`` do not count.
  public var classCount: Int { Int(classes.values.max() ?? 0) + 1 }

  /// The classes of a label tensor.
  ///
  /// - Throws: `unknownLabel` for a label that is not listed, where such labels are ``Unlisted/refused``.
  public func applied(to labels: Tensor<Int32>, path: String) throws(MedIOError) -> Tensor<Int32> {
    var unknown: Int32?
    let result = Tensor<Int32>(shape: labels.shape) { target in
      labels.withUnsafeBufferPointer { source in
        // Neighbors share their label: look it up once.
        var (last, mapped) = (Int32.min, Int32(0))
        var isFirst = true
        for index in target.indices {
          let label = source[index]
          if label != last || isFirst {
            (last, isFirst) = (label, false)
            if let found = classes[label] {
              mapped = found
            } else {
              mapped = unlisted == .kept ? label : 0
              if unlisted == .refused && unknown == nil { unknown = label }
            }
          }
          target[index] = mapped
        }
      }
    }
    if let unknown {
      throw MedIOError(
        .unknownLabel, path: path,
        context: "the label \(unknown) is not among \(classes.keys.sorted())")
    }
    return result
  }
}
