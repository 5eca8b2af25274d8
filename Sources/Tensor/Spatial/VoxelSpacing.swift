/// The distance between neighbouring voxels in millimetres, per axis of the array: (plane, row, column) for
/// a volume `[depth, height, width]`, (row, column) for an image `[height, width]`.
///
/// NIfTI's `pixdim` counts (i, j, k) = (column, row, plane): the reverse.
public struct VoxelSpacing: Hashable, Sendable, CustomStringConvertible {
  /// Millimetres per axis, in the order of the array's axes; two or three values.
  public let millimeters: [Double]

  /// - Precondition: all values are finite and positive.
  public init(plane: Double, row: Double, column: Double) { self.init([plane, row, column]) }

  /// - Precondition: all values are finite and positive.
  public init(row: Double, column: Double) { self.init([row, column]) }

  /// - Precondition: two or three values, all finite and positive.
  public init(_ millimeters: [Double]) {
    shapePrecondition(Self.isValid(millimeters), "not a voxel spacing in millimetres: \(millimeters)")
    self.millimeters = millimeters
  }

  /// The spacing for values from a file, or `nil` when they are not two or three finite positive numbers.
  public init?(validating millimeters: [Double]) {
    guard Self.isValid(millimeters) else { return nil }
    self.millimeters = millimeters
  }

  private static func isValid(_ values: [Double]) -> Bool {
    (2...3).contains(values.count) && values.allSatisfy { $0.isFinite && $0 > 0 }
  }

  /// The number of axes: 2 or 3.
  public var rank: Int { millimeters.count }
  /// Millimetres along an axis of the array.
  public subscript(axis: Int) -> Double { millimeters[axis] }
  /// Area of a pixel in square millimetres, or volume of a voxel in cubic millimetres.
  public var elementSize: Double { millimeters.reduce(1, *) }

  public var description: String { millimeters.map { "\($0)" }.joined(separator: " x ") + " mm" }
}
