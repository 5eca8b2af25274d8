/// Which voxels count as neighbours of a voxel.
public enum NeighborConnectivity: Hashable, Sendable, CaseIterable {
  /// Those that share a face: 4 in an image, 6 in a volume (SciPy's connectivity 1).
  case faces
  /// Those that share a face or an edge: 8 in an image, 18 in a volume (SciPy's connectivity 2).
  case edges
  /// Those that share a face, an edge or a corner: 8 in an image, 26 in a volume (SciPy's connectivity 3).
  case corners

  /// The steps (plane, row, column) to the neighbours, in row-major order.
  func offsets(rank: Int) -> [(plane: Int, row: Int, column: Int)] {
    let reach = rank == 2 ? 0...0 : -1...1
    let mostSteps =
      switch self {
      case .faces: 1
      case .edges: 2
      case .corners: 3
      }
    var offsets: [(plane: Int, row: Int, column: Int)] = []
    for plane in reach {
      for row in -1...1 {
        for column in -1...1 {
          let steps = abs(plane) + abs(row) + abs(column)
          if steps > 0 && steps <= mostSteps { offsets.append((plane, row, column)) }
        }
      }
    }
    return offsets
  }
}
