public import Tensor

extension SLIC {
  /// The superpixels of an image.
  ///
  /// - Parameters:
  ///   - image: `[height, width]` (one channel) or `[height, width, channels]`.
  ///   - mask: Pixels to segment, `[height, width]`; the others carry ``Superpixels/maskedLabel``. Masked-out
  ///     values are never looked at, so they may be NaN.
  ///   - scratch: Working memory to use again in the next call.
  ///   - start: Where the centers begin.
  ///   - progress: Called at each stage and pass; it may stop the call.
  /// - Throws: ``SuperpixelError`` for parameters out of range, shapes that do not fit, NaN or infinity inside the
  ///   mask, an image without pixels, an empty mask.
  public func segment<Scalar: PixelScalar>(
    _ image: Tensor<Scalar>, mask: BinaryMask? = nil, scratch: SLICScratch = SLICScratch(),
    start: Start = .grid, progress: SLICProgress.Handler? = nil
  ) throws(SuperpixelError) -> Superpixels {
    guard image.rank == 2 || image.rank == 3 else {
      throw .shape("image", image.shape, "an image is [height, width] or [height, width, channels]")
    }
    let (height, width) = (image.shape[0], image.shape[1])
    return try segment(
      image, spatial: [height, width], channels: image.rank == 3 ? image.shape[2] : 1, mask, scratch, start,
      progress)
  }

  /// The supervoxels of a volume.
  ///
  /// - Parameters:
  ///   - volume: `[depth, height, width]` (one channel) or `[depth, height, width, channels]`.
  ///   - mask: Voxels to segment, `[depth, height, width]`.
  ///   - scratch: Working memory to use again in the next call.
  ///   - start: Where the centers begin.
  ///   - progress: Called at each stage and pass; it may stop the call.
  /// - Throws: ``SuperpixelError``, as for an image.
  public func segment<Scalar: PixelScalar>(
    volume: Tensor<Scalar>, mask: BinaryMask? = nil, scratch: SLICScratch = SLICScratch(),
    start: Start = .grid, progress: SLICProgress.Handler? = nil
  ) throws(SuperpixelError) -> Superpixels {
    guard volume.rank == 3 || volume.rank == 4 else {
      throw .shape(
        "volume", volume.shape, "a volume is [depth, height, width] or [depth, height, width, channels]")
    }
    return try segment(
      volume, spatial: Array(volume.shape.dimensions.prefix(3)),
      channels: volume.rank == 4 ? volume.shape[3] : 1,
      mask, scratch, start, progress)
  }

  private func segment<Scalar: PixelScalar>(
    _ pixels: Tensor<Scalar>, spatial: [Int], channels: Int, _ mask: BinaryMask?, _ scratch: SLICScratch,
    _ start: Start, _ progress: SLICProgress.Handler?
  ) throws(SuperpixelError) -> Superpixels {
    if let mask, mask.shape.dimensions != spatial {
      throw .shape("mask", mask.shape, "must have the image's shape \(TensorShape(spatial))")
    }
    try validate(isVolume: spatial.count == 3, pixelCount: spatial.reduce(1, *), channels: channels)
    var report = SLICReport()
    let labels = try Tensor<Int32>(shape: TensorShape(spatial)) { (buffer) throws(SuperpixelError) in
      report = try pixels.withUnsafeBufferPointer { (values) throws(SuperpixelError) -> SLICReport in
        let view = PixelView(contiguous: values, spatial: spatial, channels: channels)
        guard let mask else {
          return try segment(
            view, mask: nil, into: buffer, scratch: scratch, start: start, progress: progress)
        }
        return try mask.values.withUnsafeBufferPointer { (inside) throws(SuperpixelError) -> SLICReport in
          try segment(
            view, mask: PixelView(mask: inside, spatial: spatial), into: buffer, scratch: scratch,
            start: start, progress: progress)
        }
      }
    }
    return Superpixels(labels: LabelMap(labels), report: report)
  }

  /// Segments pixels in memory of the caller into labels in memory of the caller.
  ///
  /// - Parameters:
  ///   - view: The pixels.
  ///   - mask: One channel of the same extents; pixels where it is not 0 are segmented.
  ///   - labels: One label for each pixel, row-major without padding.
  ///   - scratch: Working memory; when it has served a like image before, nothing is allocated.
  ///   - start: Where the centers begin.
  ///   - progress: Called at each stage and pass; it may stop the call.
  /// - Throws: ``SuperpixelError``; the content of `labels` is then undefined.
  public func segment(
    _ view: PixelView, mask: PixelView? = nil, into labels: UnsafeMutableBufferPointer<Int32>,
    scratch: SLICScratch, start: Start = .grid, progress: SLICProgress.Handler? = nil
  ) throws(SuperpixelError) -> SLICReport {
    try validate(isVolume: view.depth != nil, pixelCount: view.pixelCount, channels: view.channels)
    guard labels.count == view.pixelCount, let base = labels.baseAddress else {
      throw .shape("labels", "[\(labels.count)]", "must hold one label for each of \(view.pixelCount) pixels")
    }
    if let mask {
      guard mask.depth == view.depth, mask.height == view.height, mask.width == view.width, mask.channels == 1
      else {
        throw .shape("mask", mask.shapeDescription, "must fit the image \(view.shapeDescription)")
      }
    }
    if mode == .skimageCompatible {
      return try ReferenceSLIC.segment(self, view, mask, base)
    }
    var engine = SLICEngine(options: self, view: view, mask: mask, labels: base, scratch: scratch)
    return try engine.run(start, progress)
  }

  private func validateSegmentCount() throws(SuperpixelError) {
    switch segmentCount {
    case .fixed(let count):
      guard count >= 1 else { throw .setting("segmentCount", count, "must be at least 1") }
    case .size(let size):
      guard size >= 1 else { throw .setting("segmentCount", "size(\(size))", "must be at least 1 pixel") }
    case .edge(let length):
      guard length.isFinite, length > 0 else {
        throw .setting("segmentCount", "edge(\(length) mm)", "must be finite and greater than 0")
      }
      guard !spacing.isEmpty else {
        throw .setting("segmentCount", "edge(\(length) mm)", "needs a spacing in millimeters")
      }
    case .adaptive(let adaptive):
      guard adaptive.minimumSize >= 1 else {
        throw .setting("minimumSize", adaptive.minimumSize, "must be at least 1")
      }
      guard adaptive.finestCount >= 1 else {
        throw .setting("finestCount", adaptive.finestCount, "must be at least 1")
      }
      guard adaptive.tolerance.isFinite, adaptive.tolerance >= 0 else {
        throw .setting("tolerance", adaptive.tolerance, "must be finite and at least 0")
      }
      guard mode == .standard, connectivity == .enforced else {
        throw .setting(
          "segmentCount", "adaptive",
          "needs the standard mode and enforced connectivity: only neighbors merge")
      }
    }
  }

  private func validate(isVolume: Bool, pixelCount: Int, channels: Int) throws(SuperpixelError) {
    try validateSegmentCount()
    guard compactness.isFinite, compactness > 0 else {
      throw .setting("compactness", compactness, "must be finite and greater than 0")
    }
    guard maximumIterations >= 1 else {
      throw .setting("maximumIterations", maximumIterations, "must be at least 1")
    }
    guard sigma.isFinite, sigma >= 0 else {
      throw .setting("sigma", sigma, "must be finite and at least 0")
    }
    guard windowInSteps >= 0.75, windowInSteps.isFinite else {
      throw .setting("windowInSteps", windowInSteps, "must be finite and at least 0.75")
    }
    guard rowStride >= 1, rowStride <= 1_000 else {
      throw .setting("rowStride", rowStride, "must be in 1...1000")
    }
    if let maximumSizeFactor {
      guard maximumSizeFactor.isFinite, maximumSizeFactor >= (mode == .standard ? 1 : 0) else {
        throw .setting("maximumSizeFactor", maximumSizeFactor, "must be finite and at least 1")
      }
    }
    guard minimumSizeFactor >= 0, minimumSizeFactor.isFinite else {
      throw .setting("minimumSizeFactor", minimumSizeFactor, "must be finite and at least 0")
    }
    if case .changedShare(let share) = convergence, !(0...1).contains(share) {
      throw .setting("convergence", "changedShare(\(share))", "must be in 0...1")
    }
    let axes = isVolume ? 3 : 2
    guard spacing.isEmpty || spacing.count == axes else {
      throw .shape("spacing", spacing, "must have \(axes) values")
    }
    guard spacing.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw .setting("spacing", spacing, "must be finite and greater than 0")
    }
    let pixels = sigma / spacingOfAxes.min()
    guard pixels <= 100 else {
      throw .setting("sigma", sigma, "must be at most 100 pixels; here it is \(pixels)")
    }
    guard channels >= 1 else { throw .shape("image", "\(channels) channels", "needs a channel") }
    guard pixelCount >= 1 else {
      throw SuperpixelError(.emptyImage)
    }
    guard pixelCount < Int(Int32.max) else {
      throw .shape("image", "\(pixelCount) pixels", "labels are 32-bit: at most \(Int32.max - 1) pixels")
    }
    guard colorConversion != .lab || channels == 3 else {
      throw .setting("colorConversion", "lab", "needs 3 channels, not \(channels)")
    }
  }
}

extension PixelView {
  /// The elements of a tensor: channels last, contiguous.
  init<Scalar: PixelScalar>(contiguous values: UnsafeBufferPointer<Scalar>, spatial: [Int], channels: Int) {
    let (height, width) = (spatial[spatial.count - 2], spatial[spatial.count - 1])
    self.init(
      base: UnsafeRawPointer(values.baseAddress ?? UnsafePointer(bitPattern: 64).unsafelyUnwrapped),
      format: Scalar.pixelFormat, depth: spatial.count == 3 ? spatial[0] : nil, height: height, width: width,
      channels: channels, planeStride: height * width * channels, rowStride: width * channels,
      columnStride: channels, channelStride: 1)
  }

  /// A mask's values.
  init(mask values: UnsafeBufferPointer<Bool>, spatial: [Int]) {
    let (height, width) = (spatial[spatial.count - 2], spatial[spatial.count - 1])
    self.init(
      base: UnsafeRawPointer(values.baseAddress ?? UnsafePointer(bitPattern: 64).unsafelyUnwrapped),
      format: .uint8, depth: spatial.count == 3 ? spatial[0] : nil, height: height, width: width, channels: 1,
      planeStride: height * width, rowStride: width, columnStride: 1, channelStride: 1)
  }
}
