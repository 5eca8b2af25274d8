/// Which image SLIC segments.
public enum SuperpixelSource: String, Sendable, Codable {
  /// Each fixed view by itself: the released code.
  case fixedViews
  /// The image before augmentation, one map for both views.
  case image
}

/// Which channels of an image SLIC sees.
public enum SuperpixelChannels: Sendable, Hashable, Codable {
  /// Those that it has, as `SLIC.colorConversion` says.
  case all
  /// One channel, from 0, by itself.
  case one(Int)
  /// One channel, from 0, three times, which SLIC takes as a gray color and turns into L\*a\*b\*: the released code,
  /// with channel 0 of CHD and KiTS and channel 1 of the four of BraTS.
  case repeatedAsColor(Int)
}

/// What happens to the intensities of an image before a patch is cut from it.
public enum ImageScaling: String, Sendable, Codable {
  /// Nothing.
  case unchanged
  /// `(x - min) / (max - min)` in each channel, zeros for a constant one: the released code for BraTS, for each slice and
  /// modality.
  case minMaxPerChannel
}

/// Whether the fixed views are mirrored, so that pixels of the two no longer correspond.
public enum FixedViewMirrors: String, Sendable, Codable {
  /// No pixel moves, as the method says.
  case none
  /// Each fixed view that a varied view is made of takes that view's mirrors, drawn for each by itself: what the released
  /// code does for CHD, KiTS and ISIC, whose augmentation mirrors the array in place.
  ///
  /// The two views then lie alike in a quarter of the draws, and of ILCP's positives across the views, which take the
  /// superpixels of the first for both, 28 % share a superpixel. Surely unintended; here to be measured. An error
  /// with varied views made of the image.
  case withVariedViews
}

/// Whose position in the volume L_ins compares.
public enum PositionSource: String, Sendable, Codable {
  /// That of the image, where it is known: ``PretrainingImage/position``, of a slice as of a slab.
  case image
  /// That of the patch, by its middle plane in the volume that it is cut from: plane `i` (from 0) of n has `(i + 1) / n`, as
  /// a slice has. For whole volumes, several patches deep: of patches nearly as deep as their volumes all are near one another,
  /// and nothing is left to repel. A patch that is no part of its volume (as deep, or deeper), and one of an image, has the
  /// image's position.
  case patch
}

/// Which image the varied views are made of.
public enum VariedSource: String, Sendable, Codable {
  /// Each of the two fixed views: the released code for CHD and KiTS.
  case fixedViews
  /// The patch before T_fix, for both: the released code for BraTS.
  case image
}
