/// What the points are between which surface distances are measured.
public enum SurfaceDefinition: Hashable, Sendable {
  /// The centres of the foreground voxels that touch the background: the mask minus its erosion. Outside the
  /// image is background, so a mask that touches the image's border has surface there.
  ///
  /// With `.faces` this is the surface of SciPy-based tools, medpy and MONAI.
  case boundaryVoxels(NeighborConnectivity)
  /// The corners between voxels where foreground and background meet, each with the area (in 2-D: length) of
  /// the surface through it, taken from the marching-cubes case of its 8 (4) voxels. The surface of the
  /// package surface-distance.
  case surfels
  /// All foreground voxels: distances between the sets, as ITK's Hausdorff filters measure them.
  case sets
}
