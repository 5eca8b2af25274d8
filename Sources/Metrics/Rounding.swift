/// How far a number may lie from its true value by rounding alone, as a share of it.
///
/// A comparison that is exact on paper (three steps of .1 mm against a limit of .3 mm) must not be decided by the
/// last bit: limits are inclusive within these shares.
enum Rounding {
  /// Numbers that files hold in 32 bits, such as voxel sizes: a few of their steps of 6e-8.
  static let ofFiles = 1e-6
  /// Scores and their differences in double precision: a few thousand steps of 1.1e-16, as sums over many voxels
  /// may need.
  static let ofScores = 1e-12
}
