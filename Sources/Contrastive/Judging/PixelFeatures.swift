import Superpixel
public import Tensor

/// Features of labelled pixels: what dense features are judged by, in place of whole images.
///
///     let maps = try encoder.featureMaps(of: images, level: 2)
///     var generator = PhiloxGenerator(seed: 1)
///     let pixels = try PixelFeatures(maps: maps, labels: labels, pixelsPerClass: 100, using: &generator)
///     let classifier = try LinearProbe.simSiam.fit(pixels.features, labels: pixels.labels, classCount: 4)
///
/// A cell of the feature map has the label of most of its pixels (of equally many the lowest). Large classes would fill a bank
/// and outvote the others, so at most so many cells of each class and image take part.
public struct PixelFeatures<Scalar: TensorFloatingPointScalar>: Sendable, Hashable {
  /// One row a cell, `[n, channels]`, image by image and in row-major order.
  public let features: Tensor<Scalar>
  /// The cells' labels, `[n]`.
  public let labels: Tensor<Int32>

  /// Draws cells.
  ///
  /// - Parameters:
  ///   - maps: Feature maps `[N, spatial..., channels]`.
  ///   - labels: Label maps of the images, `[N, spatial...]`, their lengths whole multiples of those of the maps.
  ///   - pixelsPerClass: The most cells of each class and image; all where `nil`.
  ///   - ignoredLabel: Cells of this label take no part.
  ///   - leastPurity: Cells in which fewer of the pixels agree take no part: 0, so that all do. Only a part of the pixels of a
  ///     cell on a border has its label.
  ///   - generator: What cells are drawn from.
  /// - Throws: ``FeatureError``: label maps that do not fit, features that are not finite.
  public init(
    maps: Tensor<Scalar>, labels: Tensor<Int32>, pixelsPerClass: Int? = nil, ignoredLabel: Int32? = nil,
    leastPurity: Float = 0, using generator: inout some RandomNumberGenerator
  ) throws(FeatureError) {
    shapePrecondition(
      (maps.rank == 4 || maps.rank == 5) && labels.rank == maps.rank - 1 && labels.shape[0] == maps.shape[0],
      "labels [N, spatial...] of shape \(labels.shape) do not pair with maps [N, spatial..., channels] of "
        + "shape \(maps.shape)")
    shapePrecondition(pixelsPerClass ?? 1 >= 1, "pixels a class are positive, not \(pixelsPerClass ?? 0)")
    try maps.requireFiniteFeatures()
    let spatial = TensorShape(Array(maps.shape.dimensions.dropFirst().dropLast()))
    var cells: [Int32] = []
    var places: [Int] = []
    for image in 0..<maps.shape[0] {
      let majority: MajorityLabels
      do { majority = try LabelMap(labels[image]).downsampledByMajority(to: spatial) } catch {
        throw FeatureError(.labelsDoNotFit(labels: labels.shape, features: maps.shape), underlying: error)
      }
      // Each image by itself, with the impure cells left out.
      let purity = majority.purity.scalars
      let drawn = LabeledPixel.drawn(
        pixelsPerClass, of: majority.labels.labels.flattened().expanded(at: 0), ignoring: ignoredLabel,
        where: { purity[$0] >= leastPurity }, using: &generator)
      for pixel in drawn.joined() {
        cells.append(pixel.label)
        places.append(image * spatial.elementCount + pixel.place)
      }
    }
    let rows = maps.reshaped([maps.shape[0] * spatial.elementCount, maps.shape[-1]])
    features = rows.gathered(at: places)
    self.labels = Tensor(cells)
  }
}
