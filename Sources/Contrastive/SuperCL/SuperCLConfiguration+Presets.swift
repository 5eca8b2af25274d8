import Superpixel
import Tensor

extension SuperCLConfiguration {
  /// CHD and ISIC as the released code runs them, its quirks included: views truncated to 8 bits and mirrored each by
  /// itself, zeros that begin at once outside a warped image, scikit-image's SLIC on gray as L\*a\*b\*, every 16th pixel
  /// in ILCP, small images in the middle of the patch, the rest of an epoch dropped.
  ///
  /// Not the released code's: its random numbers, and batch norm over two GPUs in mixed precision.
  public static var asReleased: SuperCLConfiguration {
    var configuration = SuperCLConfiguration()
    configuration.useReleasedSetting(channel: 0)
    configuration.fixedAugmentation = .asReleased
    configuration.fixedViewMirrors = .withVariedViews
    configuration.variedAugmentation = .asReleased
    return configuration
  }

  /// KiTS as the released code runs it: ``asReleased`` without the first min-max, for images in gray levels 0...255.
  public static var kitsAsReleased: SuperCLConfiguration {
    var configuration = asReleased
    configuration.fixedAugmentation = .kitsAsReleased
    return configuration
  }

  /// BraTS as the released code runs it: each modality of a slice scaled by min-max, brightness alone in T_fix, T_var from
  /// the clean image, superpixels of modality 1 (from 0) of four, patches of 192, 32 images a step.
  ///
  /// That its script takes every 16th pixel, as that of CHD does, is inferred.
  public static var brats: SuperCLConfiguration {
    var configuration = SuperCLConfiguration()
    configuration.useReleasedSetting(channel: 1)
    configuration.imageScaling = .minMaxPerChannel
    configuration.fixedAugmentation = .brats
    configuration.variedAugmentation = .brats
    configuration.variedSource = .image
    configuration.patchSize = 192
    configuration.batchSize = 32
    return configuration
  }

  /// What the released code does alike on all sets.
  private mutating func useReleasedSetting(channel: Int) {
    slic.mode = .skimageCompatible
    superpixelChannels = .repeatedAsColor(channel)
    pixelSampling = .flat(stride: 16)
    padding = .centered
    epochs = .perEpoch(.dropped)
  }
}
