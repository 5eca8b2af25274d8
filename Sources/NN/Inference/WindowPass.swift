import Autograd
import Tensor

/// Passes of a network over batches of windows of one image.
struct WindowPass<Network: Layer> {
  let network: Network
  let image: Tensor<Network.Scalar>
  let grid: WindowGrid
  private let windowSize: [Int]
  /// The axes of the image; the grid has three.
  private let imageAxes: Int
  private let border: BorderMode<Network.Scalar>
  /// The axes of a batch that each pass turns round: all combinations, beginning with none.
  private let turns: [[Int]]
  /// Seconds in the network.
  private(set) var networkTime = Duration.zero

  init(_ settings: SlidingWindowInference, network: Network, image: Tensor<Network.Scalar>, grid: WindowGrid)
  {
    self.network = network
    self.grid = grid
    self.image = image.reshaped(grid.lengths + [image.shape[-1]])
    windowSize = settings.windowSize
    imageAxes = image.rank - 1
    border = BorderMode(converting: settings.border)
    let axes = settings.mirrors.compactMap { $0.place(amongAxes: settings.windowSize.count) }.sorted()
    turns = axes.reduce([[]]) { turns, axis in turns + turns.map { $0 + [axis + 1] } }
  }

  /// The classes' probabilities in windows that begin at these places: `[N, window..., K]` along three axes.
  mutating func probabilities(at places: [[Int]]) throws(InferenceError) -> Tensor<Network.Scalar> {
    let windows = Tensor(stacking: places.map { window(at: $0) }).reshaped(
      [places.count] + windowSize + [image.shape[-1]])
    var sum: Tensor<Network.Scalar>?
    for axes in turns {
      let turned = axes.isEmpty ? windows : windows.flipped(along: axes)
      let scores = try scores(turned, at: places)
      let probabilities = scores.softmax(along: -1)
      let straight = axes.isEmpty ? probabilities : probabilities.flipped(along: axes)
      sum = sum.map { $0 + straight } ?? straight
    }
    let total = sum ?? windows
    let mean = turns.count == 1 ? total : total * (1 / Network.Scalar(turns.count))
    return mean.reshaped([places.count] + grid.window + [mean.shape[-1]])
  }

  /// A window of the image, with what stands beyond its border.
  private func window(at place: [Int]) -> Tensor<Network.Scalar> {
    let pixels = grid.pixels(at: place)
    let part = image.cropped(to: pixels + [0..<image.shape[-1]])
    let padding = (0..<3).map { axis in
      PaddingAmount(
        before: pixels[axis].lowerBound - place[axis],
        after: place[axis] + grid.window[axis] - pixels[axis].upperBound)
    }
    return part.padded(padding + [.none], border: border)
  }

  private mutating func scores(
    _ windows: Tensor<Network.Scalar>, at places: [[Int]]
  ) throws(InferenceError) -> Tensor<Network.Scalar> {
    let start = ContinuousClock.now
    let scores = network.withMode(.evaluation) { withoutGradient { network(Variable(windows)).value } }
    networkTime += ContinuousClock.now - start
    guard scores.rank == windows.rank, scores.shape[-1] >= 1,
      scores.shape.removing(axis: -1) == windows.shape.removing(axis: -1)
    else { throw InferenceError(.scoresDoNotFit(scores: scores.shape, windows: windows.shape)) }
    if scores.nonFiniteElements.count > 0 {
      for (index, place) in places.enumerated() {
        let count = scores[index].nonFiniteElements.count
        guard count == 0 else {
          throw InferenceError(.scoresAreNotFinite(window: shown(place), count: count))
        }
      }
    }
    return scores
  }

  /// A place along the axes that the image has.
  private func shown(_ place: [Int]) -> [Int] { imageAxes == 2 ? [place[0], place[2]] : place }
}

extension BorderMode {
  /// The same rule, its constant in another type.
  fileprivate init<Other>(converting other: BorderMode<Other>)
  where Other: TensorFloatingPointScalar, Scalar: TensorFloatingPointScalar {
    self =
      switch other {
      case .constant(let value): .constant(Scalar(value.doubleValue))
      case .edge: .edge
      case .reflect: .reflect
      case .symmetric: .symmetric
      }
  }
}
