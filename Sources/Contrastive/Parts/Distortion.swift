public import Tensor

/// What is done to a view so that it can be restored: blocks are blackened, or all but some are, or blocks change places, or
/// nothing, by chance one of the four.
///
/// Sizes are shares of the side, those of the released code in pixels of 224, rounded: 10 px are .045. Black is the least
/// value of the slice, which 0 is in that code's images. Blocks keep 3 of 224 px away from the border.
///
/// Source: the released code of Haghighi et al., CVPR 2022.
public struct Distortion: Sendable, Hashable, Codable {
  /// The chance that blocks are blackened: .3.
  public var blackening = 0.3
  /// The chance that all but some blocks are: .05.
  public var keeping = 0.05
  /// The chance that blocks change places: .3.
  public var swapping = 0.3
  /// Sides of a blackened block: 10...70 of 224.
  public var blackSides = 10.0 / 224...70.0 / 224
  /// What the sides of a kept block are shorter than the view: 50...70 of 224.
  public var keptMargins = 50.0 / 224...70.0 / 224
  /// Sides of blocks that change places: 10...15 of 224.
  public var swapSides = 10.0 / 224...15.0 / 224
  /// Blocks at most: 10; exactly so many pairs change places.
  public var blockCount = 10
  /// The chance that no further block follows one that is blackened or kept: .1.
  public var stopping = 0.1
  /// What is left free at the border: 3 of 224.
  public var border = 3.0 / 224

  /// The released distortions.
  public init() {}

  /// No distortion: the view is its own target.
  public static var none: Distortion {
    var distortion = Distortion()
    (distortion.blackening, distortion.keeping, distortion.swapping) = (0, 0, 0)
    return distortion
  }

  /// A view `[H, W, C]` distorted, from random numbers drawn in a fixed order.
  ///
  /// - Parameters:
  ///   - view: Of any size.
  ///   - black: What blackened pixels become.
  ///   - generator: The source of randomness.
  public func callAsFunction(
    _ view: Tensor<Float>, black: Float, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    shapePrecondition(view.rank == 3, "a view [H, W, C] is distorted, not \(view.shape)")
    guard view.elementCount > 0 else { return view }
    let draw = generator.uniform(in: 0...1)
    var result = view
    if draw <= blackening {
      let filled = Tensor<Float>(repeating: black, shape: view.shape)
      for _ in 0..<blockCount {
        let block = block(in: view.shape, sides: blackSides, using: &generator)
        result.copy(block.sizes, from: filled, at: block.first, to: block.first)
        if generator.chance(stopping) { break }
      }
    } else if draw <= blackening + keeping {
      result = Tensor(repeating: black, shape: view.shape)
      for _ in 0..<blockCount {
        let block = block(
          in: view.shape, sides: 1 - keptMargins.upperBound...1 - keptMargins.lowerBound, using: &generator)
        result.copy(block.sizes, from: view, at: block.first, to: block.first)
        if generator.chance(stopping) { break }
      }
    } else if draw <= blackening + keeping + swapping {
      for _ in 0..<blockCount {
        let one = block(in: view.shape, sides: swapSides, using: &generator)
        let other = place(of: one.sizes, in: view.shape, using: &generator)
        result.copy(one.sizes, from: view, at: other, to: one.first)
        result.copy(one.sizes, from: view, at: one.first, to: other)
      }
    }
    return result
  }

  /// Rows and columns of a random block.
  private func block(
    in shape: TensorShape, sides: ClosedRange<Double>, using generator: inout some RandomNumberGenerator
  ) -> (first: [Int], sizes: [Int]) {
    let sizes = [0, 1].map { axis in
      let side = Double(shape[axis])
      let (least, most) = (Int((sides.lowerBound * side).rounded()), Int((sides.upperBound * side).rounded()))
      return min(max(least, 1) + generator.integer(below: max(most - max(least, 1), 0) + 1), shape[axis])
    }
    return (place(of: sizes, in: shape, using: &generator), sizes)
  }

  private func place(
    of sizes: [Int], in shape: TensorShape, using generator: inout some RandomNumberGenerator
  ) -> [Int] {
    [0, 1].map { axis in
      let room = shape[axis] - sizes[axis]
      let free = min(Int((border * Double(shape[axis])).rounded()), room / 2)
      return free + generator.integer(below: room - 2 * free + 1)
    }
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    for (name, chance) in [
      ("blackening", blackening), ("keeping", keeping), ("swapping", swapping), ("stopping", stopping),
      ("border", border),
    ] { try check.probability("\(field).\(name)", chance) }
    let sum = blackening + keeping + swapping
    try check.require(sum <= 1 + 1e-9, "\(field).swapping", swapping, "the three chances add up to \(sum)")
    for (name, range) in [
      ("blackSides", blackSides), ("keptMargins", keptMargins), ("swapSides", swapSides),
    ] {
      try check.require(
        range.lowerBound >= 0 && range.upperBound <= 1, "\(field).\(name)", range,
        "must be shares of the side, 0...1")
    }
    try check.positive("\(field).blockCount", blockCount)
  }
}

extension Tensor<Float> {
  /// Copies a block `[rows, columns]` of an image of the same shape from one place to another.
  fileprivate mutating func copy(_ sizes: [Int], from source: Tensor, at from: [Int], to place: [Int]) {
    let (width, channels) = (shape[1], shape[2])
    source.withUnsafeBufferPointer { source in
      withUnsafeMutableBufferPointer { target in
        for row in 0..<sizes[0] {
          let (input, output) = ((from[0] + row) * width + from[1], (place[0] + row) * width + place[1])
          for element in 0..<sizes[1] * channels {
            target[output * channels + element] = source[input * channels + element]
          }
        }
      }
    }
  }
}
