/// The number of spatial axes of a layer or network, as a type: ``Planar`` for images, ``Volumetric`` for volumes.
public protocol SpatialRank {
  static var axes: Int { get }
}

/// Two spatial axes: images `[N, H, W, C]`.
public enum Planar: SpatialRank {
  /// 2.
  public static var axes: Int { 2 }
}

/// Three spatial axes: volumes `[N, D, H, W, C]`.
public enum Volumetric: SpatialRank {
  /// 3.
  public static var axes: Int { 3 }
}
