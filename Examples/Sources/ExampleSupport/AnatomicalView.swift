public import ArgumentParser
public import MedIO

/// From where a picture of a patient is looked at.
///
/// A picture turned the other way is a mirror image of the patient, and looks like one whose organs lie on the wrong
/// side; so each picture carries the letters of ``CutLayout/marks``.
///
/// | cut | radiological | neurological |
/// |---|---|---|
/// | axial | from the feet: right on the left, front on top | from above: right on the right, front on top |
/// | coronal | from the front: right on the left, head on top | from behind: right on the right, head on top |
/// | sagittal | from the left: front on the left, head on top | from the right: front on the right, head on top |
public enum AnatomicalView: String, CaseIterable, Hashable, Sendable, ExpressibleByArgument {
  /// The patient faces the viewer, as in DICOM viewers: the patient's right is on the picture's left.
  case radiological
  /// The viewer looks the way the patient looks: the patient's right is on the picture's right.
  case neurological
  /// Rows and columns in the order of the file, the first on top and on the left.
  case stored

  /// How to lay out a cut whose rows and columns run toward these sides of the patient.
  ///
  ///     let layout = AnatomicalView.radiological.layout(rows: .anterior, columns: .right)  // an axial slice in RAS
  ///     picture.arranged(by: layout).marked(with: layout.marks)
  ///
  /// - Precondition: the two are sides of different axes.
  public func layout(
    rows: AnatomicalOrientation.Direction, columns: AnatomicalOrientation.Direction
  ) -> CutLayout {
    precondition(rows.axis != columns.axis, "rows and columns both run along \(rows.rawValue)")
    let (down, right) = target(rows, columns)
    let isTransposed = down.axis != rows.axis
    return CutLayout(
      isTransposed: isTransposed, flipsRows: down != (isTransposed ? columns : rows),
      flipsColumns: right != (isTransposed ? rows : columns),
      marks: PictureMarks(
        top: down.opposite.rawValue, bottom: down.rawValue, left: right.opposite.rawValue,
        right: right.rawValue))
  }

  /// The sides of the patient at the bottom and at the right of the picture.
  private func target(
    _ rows: AnatomicalOrientation.Direction, _ columns: AnatomicalOrientation.Direction
  ) -> (down: AnatomicalOrientation.Direction, right: AnatomicalOrientation.Direction) {
    guard self != .stored else { return (rows, columns) }
    let axes = Set([rows.axis, columns.axis])
    let isFacing = self == .radiological
    return (
      axes == [0, 1] ? .posterior : .inferior,
      axes.contains(0) ? (isFacing ? .left : .right) : (isFacing ? .posterior : .anterior)
    )
  }
}

/// Where the rows and columns of a cut go in a picture.
public struct CutLayout: Hashable, Sendable {
  /// Whether the picture's rows are the cut's columns.
  public let isTransposed: Bool
  /// Whether the picture's rows, transposed or not, run the other way.
  public let flipsRows: Bool
  /// Whether the picture's columns, transposed or not, run the other way.
  public let flipsColumns: Bool
  /// The letters at the edges; `nil` where nobody knows the sides.
  public let marks: PictureMarks?

  /// A cut as it is, without letters: for images of no patient, and for files that do not say which side is which.
  public static let unknown = CutLayout(
    isTransposed: false, flipsRows: false, flipsColumns: false, marks: nil)
}

extension AnatomicalOrientation.Direction {
  /// The other side of the patient.
  public var opposite: Self {
    switch self {
    case .left: .right
    case .right: .left
    case .posterior: .anterior
    case .anterior: .posterior
    case .inferior: .superior
    case .superior: .inferior
    }
  }
}

extension Picture {
  /// The picture with its rows and columns as `layout` says.
  public func arranged(by layout: CutLayout) -> Picture {
    let (newWidth, newHeight) = layout.isTransposed ? (height, width) : (width, height)
    var arranged: [UInt8] = []
    arranged.reserveCapacity(pixels.count)
    for row in 0..<newHeight {
      let first = layout.flipsRows ? newHeight - 1 - row : row
      for column in 0..<newWidth {
        let second = layout.flipsColumns ? newWidth - 1 - column : column
        let start = (layout.isTransposed ? second * width + first : first * width + second) * channels
        arranged.append(contentsOf: pixels[start..<start + channels])
      }
    }
    return Picture(width: newWidth, height: newHeight, channels: channels, pixels: arranged)
  }
}
