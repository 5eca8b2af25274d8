import Metrics
import Tensor
import Testing

@Suite struct ConnectedComponentsTests {
  /// Flood fill, by definition.
  private func components(_ mask: BinaryMask, _ connectivity: NeighborConnectivity) -> [Int32] {
    let points = foreground(mask)
    let steps =
      switch connectivity {
      case .faces: 1
      case .edges: 2
      case .corners: 3
      }
    var numbers: [[Int]: Int32] = [:]
    let inside = Set(points)
    var next: Int32 = 0
    for point in points where numbers[point] == nil {
      next += 1
      var stack = [point]
      numbers[point] = next
      while let here = stack.popLast() {
        for plane in -1...1 {
          for row in -1...1 {
            for column in -1...1 where abs(plane) + abs(row) + abs(column) <= steps {
              let neighbor = [here[0] + plane, here[1] + row, here[2] + column]
              guard inside.contains(neighbor), numbers[neighbor] == nil else { continue }
              numbers[neighbor] = next
              stack.append(neighbor)
            }
          }
        }
      }
    }
    let (rows, columns) = (mask.shape[-2], mask.shape[-1])
    return (0..<mask.shape.elementCount).map {
      numbers[[$0 / (rows * columns), $0 / columns % rows, $0 % columns]] ?? 0
    }
  }

  @Test(arguments: [[1, 1], [8, 13], [4, 5, 6], [1, 6, 7], [6, 1, 7]], NeighborConnectivity.allCases)
  func definition(shape: [Int], connectivity: NeighborConnectivity) {
    var generator = SeededGenerator(seed: 21)
    for density in [0.0, 0.2, 0.45, 0.7, 1] {
      let source = randomMask(TensorShape(shape), density: density, using: &generator)
      let found = ConnectedComponents(of: source, connectivity: connectivity)
      let expected = components(source, connectivity)
      #expect(found.labels.labels.scalars == expected)
      #expect(found.sizes == (0..<found.count).map { number in expected.count { $0 == number + 1 } })
    }
  }

  @Test func keepsAndRemoves() {
    //  1 1 . 2 . 3 3 3
    let row = mask([1, 8], at: [[0, 0], [0, 1], [0, 3], [0, 5], [0, 6], [0, 7]])
    let components = ConnectedComponents(of: row)
    #expect(components.sizes == [2, 1, 3])
    #expect(components.keepingLargest().values.scalars.map { $0 ? 1 : 0 } == [0, 0, 0, 0, 0, 1, 1, 1])
    #expect(components.keepingLargest(2).foregroundCount == 5)
    #expect(components.keepingLargest(9).values == row.values)
    #expect(components.keepingLargest(0).foregroundCount == 0)
    #expect(components.removing(smallerThan: 2).foregroundCount == 5)
    let spacing = VoxelSpacing(row: 2, column: 1.5)
    #expect(components.removing(smallerThanCubicMillimeters: 9, spacing: spacing).foregroundCount == 3)
  }

  @Test func ofEquallyLargeOnesTheFirstStays() {
    let row = mask([1, 3], at: [[0, 0], [0, 2]])
    #expect(ConnectedComponents(of: row).keepingLargest().values.scalars == [true, false, false])
  }
}
