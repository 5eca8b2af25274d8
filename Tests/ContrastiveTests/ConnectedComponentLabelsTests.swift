import Contrastive
import Tensor
import TestSupport
import Testing

/// CCL: the graph of nearest neighbours and its components.
@Suite struct ConnectedComponentLabelsTests {
  @Test func theCheckValuesHold() {
    let graph = NearestNeighborGraph(checkRows)
    #expect(graph.neighbors == [1, 2, 1, 2, 5, 6, 5, 6])
    let components = ConnectedComponentLabels(graph)
    #expect(components.labels == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(components.count == 2)
  }

  @Test func itIsTheReference() throws {
    let reference = try lossReferences()
    let graph = NearestNeighborGraph(try reference.tensor("ccl.vectors", as: Double.self))
    #expect(graph.neighbors == (try reference.tensor("ccl.neighbors", as: Int32.self)).scalars.map(Int.init))
    let components = ConnectedComponentLabels(graph)
    let lowest = components.labels.map { components.labels.firstIndex(of: $0) }
    #expect(lowest == (try reference.tensor("ccl.components", as: Int32.self)).scalars.map(Int.init))
    // The reference counts a row as a positive of itself.
    let weak: Tensor<Int32> = try reference.tensor("ccl.weak")
    #expect(Tensor<Int32>(mask: components.weakPositives) + Tensor(identity: 10) == weak)
  }

  @Test func tiesGoToTheLowestIndex() {
    let graph = NearestNeighborGraph(Tensor<Double>(ones: [4, 3]))
    #expect(graph.neighbors == [1, 0, 0, 0])
    #expect(ConnectedComponentLabels(graph).count == 1)
  }

  @Test func forcedPairsAreNotClosedTransitively() {
    // Two images; views 0 and 1 are one group, 2 and 3 another. 0-2 and 1-3 are forced; 0-3 and 1-2 do not follow.
    let graph = NearestNeighborGraph(Tensor<Double>(rows: [[1, 0], [1, 0.1], [0, 1], [0.1, 1]]))
    let weak = ConnectedComponentLabels(graph).weakPositives
    #expect(
      Tensor<Int32>(mask: weak) == Tensor(rows: [[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]]))
  }

  @Test func aSingleVectorHasNoNeighbor() {
    let graph = NearestNeighborGraph(Tensor<Float>(ones: [1, 3]))
    #expect(graph.neighbors == [nil])
    #expect(ConnectedComponentLabels(graph).labels == [0])
  }

  @Test func noVectorsGiveNoComponents() {
    #expect(ConnectedComponentLabels(NearestNeighborGraph(Tensor<Float>(zeros: [0, 3]))).count == 0)
  }
}
