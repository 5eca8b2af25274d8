/// An image or a volume in memory that the caller owns: where the first pixel is, and how far its neighbors
/// are along each axis.
///
/// Camera frames, decoded pictures and memory-mapped volumes are segmented where they lie: planar or
/// interleaved, with padding behind the rows, bottom row first (a negative row stride), or a crop of a
/// larger image. Nothing is copied to make the view; it is valid as long as the memory is.
///
///     try frame.withUnsafeBytes { bytes in
///       let pixels = bytes.assumingMemoryBound(to: UInt8.self)
///       let view = PixelView(
///         interleaved: pixels.baseAddress!, height: 480, width: 640, channels: 4, rowStride: 2_560)
///       ...
///     }
public struct PixelView {
  /// The first value of the pixel at plane 0, row 0, column 0.
  public let base: UnsafeRawPointer
  /// How values are stored.
  public let format: PixelFormat
  /// Planes of a volume; `nil` for an image.
  public let depth: Int?
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// Values per pixel.
  public let channels: Int
  /// The distances between neighbors in values (not bytes); they may be negative.
  public let planeStride, rowStride, columnStride, channelStride: Int

  /// A view with any strides, counted in values.
  ///
  /// - Parameters:
  ///   - base: The first value of the pixel at plane 0, row 0, column 0. With a negative stride that is not
  ///     the lowest address.
  ///   - depth: The number of planes of a volume, `nil` for an image.
  ///   - height: The number of rows.
  ///   - width: The number of columns.
  ///   - channels: Values for each pixel.
  ///   - planeStride: Values from one plane to the next.
  ///   - rowStride: Values from one row to the next.
  ///   - columnStride: Values from one column to the next.
  ///   - channelStride: Values from one channel to the next.
  public init<Scalar: PixelScalar>(
    base: UnsafePointer<Scalar>, depth: Int? = nil, height: Int, width: Int, channels: Int = 1,
    planeStride: Int = 0, rowStride: Int, columnStride: Int, channelStride: Int = 1
  ) {
    self.init(
      base: UnsafeRawPointer(base), format: Scalar.pixelFormat, depth: depth, height: height, width: width,
      channels: channels, planeStride: planeStride, rowStride: rowStride, columnStride: columnStride,
      channelStride: channelStride)
  }

  /// An image whose pixels hold their channels side by side (`RGBRGB...`).
  ///
  /// - Parameter rowStride: Values from one row to the next, `width * channels` when rows are not padded.
  /// - Parameter base: The first value of the pixel at row 0, column 0.
  /// - Parameter height: The number of rows.
  /// - Parameter width: The number of columns.
  /// - Parameter channels: Values for each pixel.
  public init<Scalar: PixelScalar>(
    interleaved base: UnsafePointer<Scalar>, height: Int, width: Int, channels: Int, rowStride: Int? = nil
  ) {
    self.init(
      base: base, height: height, width: width, channels: channels, rowStride: rowStride ?? width * channels,
      columnStride: channels)
  }

  /// An image stored as one plane for each channel.
  ///
  /// - Parameters:
  ///   - rowStride: Values from one row to the next, `width` when rows are not padded.
  ///   - channelStride: Values from one plane to the next, `height * rowStride` when they follow each other.
  ///   - base: The first value of the pixel at row 0, column 0.
  ///   - height: The number of rows.
  ///   - width: The number of columns.
  ///   - channels: Values for each pixel.
  public init<Scalar: PixelScalar>(
    planar base: UnsafePointer<Scalar>, height: Int, width: Int, channels: Int, rowStride: Int? = nil,
    channelStride: Int? = nil
  ) {
    let row = rowStride ?? width
    self.init(
      base: base, height: height, width: width, channels: channels, rowStride: row, columnStride: 1,
      channelStride: channelStride ?? height * row)
  }

  init(
    base: UnsafeRawPointer, format: PixelFormat, depth: Int?, height: Int, width: Int, channels: Int,
    planeStride: Int, rowStride: Int, columnStride: Int, channelStride: Int
  ) {
    self.base = base
    self.format = format
    self.depth = depth
    self.height = height
    self.width = width
    self.channels = channels
    self.planeStride = planeStride
    self.rowStride = rowStride
    self.columnStride = columnStride
    self.channelStride = channelStride
  }

  /// Pixels or voxels.
  var pixelCount: Int { (depth ?? 1) * height * width }

  /// The address of the first value of a channel in a row.
  func row(_ y: Int, plane z: Int, channel: Int) -> UnsafeRawPointer {
    base + (z * planeStride + y * rowStride + channel * channelStride) * format.byteCount
  }

  /// "[height, width, channels]" or with the depth in front, for messages.
  var shapeDescription: String {
    "[" + ((depth.map { [$0] } ?? []) + [height, width, channels]).map(String.init).joined(separator: ", ")
      + "]"
  }
}
