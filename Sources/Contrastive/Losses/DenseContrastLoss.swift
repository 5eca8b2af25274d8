public import Autograd
public import Tensor

/// DenseCL's dense loss: every place of a view's feature map is told from pooled features of earlier images, and is like the
/// place of the other view whose backbone features are most like its own.
///
///     L_dense = mean over places i of [ log( exp(q_i.k_i / T) + sum over the K rows c of exp(q_i.c / T) ) - q_i.k_i / T ]
///     L       = (1 - lambda) L_global + lambda L_dense
///
/// with unit dense vectors q of view 1 and k of view 2, where `k_i` stands at the argmax over j of cos(f_i, g_j) of the
/// backbones' features f of view 1 and g of view 2 (the first of equal ones). The denominator has 1 + K terms: other places
/// are no negatives. The negatives are a queue of their own, of pooled dense vectors (``queueRows(of:)``), not the global
/// one. Keys and queue are values: gradients flow through q alone.
///
/// While features are random a match says nothing, so lambda is 0 for the first ``warmUpSteps``.
///
///     let dense = DenseContrastLoss(warmUpSteps: 1000)
///     let matches = dense.matches(queries: f1, keys: f2)
///     dense.combined(global: global, dense: dense(queries: q, keys: k, matches: matches, negatives: queue), at: step)
///
/// It is ``InfoNCELoss`` on places: O((N + K) d) memory for N places of d numbers, no N x K matrix is stored. Without places
/// the loss is 0; equal rows give log(1 + K). The scale of rows leaves no trace; a row of zeros has no gradient.
///
/// Source: Wang et al., CVPR 2021 (DenseCL), and its released code.
public struct DenseContrastLoss: Sendable, Hashable, Codable {
  /// T: .2.
  public var temperature: Double
  /// lambda, the share of the dense loss: .5.
  public var weight: Double
  /// Steps with a lambda of 0: none; the released code has 1,000 to 10,000.
  public var warmUpSteps: Int
  /// The least length that rows are divided by: 1e-12.
  public var floor: CosineFloor

  /// A loss; the released code's without arguments, but for its warm-up.
  ///
  /// - Precondition: the temperature is positive, lambda in 0...1.
  public init(
    temperature: Double = 0.2, weight: Double = 0.5, warmUpSteps: Int = 0, floor: CosineFloor = .normalize
  ) {
    shapePrecondition(
      temperature > 0 && (0...1).contains(weight),
      "a temperature is positive and lambda lies in 0...1, not \(temperature), \(weight)")
    self.temperature = temperature
    self.weight = weight
    self.warmUpSteps = warmUpSteps
    self.floor = floor
  }

  /// lambda at a step, counted from 0.
  public func weight(at step: Int) -> Double { step < warmUpSteps ? 0 : weight }

  /// `(1 - lambda) global + lambda dense`; a loss whose share is 0 is left out, and with it its gradient.
  public func combined<Scalar: TensorFloatingPointScalar>(
    global: Variable<Scalar>, dense: @autoclosure () -> Variable<Scalar>, at step: Int
  ) -> Variable<Scalar> {
    switch weight(at: step) {
    case 0: global
    case 1: dense()
    case let share: global * Scalar(1 - share) + dense() * Scalar(share)
    }
  }

  /// For each place of view 1 that of view 2 whose backbone features are most like its own, image by image.
  ///
  /// - Parameters:
  ///   - queries: Backbone features `[B, spatial..., C]` of view 1.
  ///   - keys: Those of view 2, `[B, spatial..., C]`; their map may have another size.
  /// - Returns: `[B, n]`, with the n places of view 1 and indices of those of view 2, both in row-major order.
  public func matches<Scalar: TensorFloatingPointScalar>(
    queries: Tensor<Scalar>, keys: Tensor<Scalar>
  ) -> Tensor<Int32> {
    checkMaps(queries.shape, keys.shape)
    let images = queries.shape[0]
    guard images > 0 else { return Tensor(zeros: [0, 0]) }
    let found = (0..<images).map { image in
      let query = UnitRows(queries[image].reshaped([-1, queries.shape[-1]]), floor: floor)
      let key = UnitRows(keys[image].reshaped([-1, keys.shape[-1]]), floor: floor)
      return query.rows.matmul(key.rows, transposing: .right).argmax(along: 1)
    }
    return Tensor(stacking: found)
  }

  /// The dense loss.
  ///
  /// - Parameters:
  ///   - queries: Dense vectors `[B, spatial..., d]` of view 1.
  ///   - keys: Those of view 2 by the moving average, `[B, spatial..., d]`.
  ///   - matches: The place of view 2 for each of view 1, `[B, n]`, from ``matches(queries:keys:)``.
  ///   - negatives: The dense queue `[K, d]`.
  ///   - weights: What each place counts in the mean, `[B, n]`, not negative; alike where `nil`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    queries: Variable<Scalar>, keys: Tensor<Scalar>, matches: Tensor<Int32>, negatives: Tensor<Scalar>,
    weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    checkMaps(queries.shape, keys.shape)
    let (images, features) = (queries.shape[0], queries.shape[-1])
    let places = queries.shape.dimensions[1..<queries.shape.rank - 1].reduce(1, *)
    let keyPlaces = keys.shape.dimensions[1..<keys.rank - 1].reduce(1, *)
    shapePrecondition(
      negatives.rank == 2 && negatives.shape[1] == features
        && (matches.shape == [images, places] || images == 0),
      "matches \(matches.shape) and negatives \(negatives.shape) do not fit queries \(queries.shape)")
    guard images * places > 0 else { return queries.sum() * 0 }
    let offsets = Tensor<Int32>((0..<images).map { Int32($0 * keyPlaces) }).expanded(at: 1)
    let rows = keys.reshaped([images * keyPlaces, features]).gathered(at: (matches + offsets).flattened())
    return InfoNCELoss(temperature: temperature, floor: floor)(
      queries: queries.reshaped([images * places, features]), keys: Variable(rows),
      negatives: Variable(negatives), weights: weights?.flattened())
  }

  /// What goes into the dense queue: the dense vectors `[B, spatial..., d]` of each image averaged, of length 1, `[B, d]`.
  public func queueRows<Scalar: TensorFloatingPointScalar>(of keys: Tensor<Scalar>) -> Tensor<Scalar> {
    UnitRows(keys.globalAveragePool(), floor: floor).rows
  }

  private func checkMaps(_ queries: TensorShape, _ keys: TensorShape) {
    shapePrecondition(
      queries.rank >= 3 && keys.rank == queries.rank && queries[0] == keys[0] && queries[-1] == keys[-1],
      "maps [B, spatial..., d] of shapes \(queries) and \(keys) do not pair")
  }
}
