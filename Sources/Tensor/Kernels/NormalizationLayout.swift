/// How a normalisation reads a channels-last tensor: `samples` blocks of `positions` rows of `channels`
/// values, the channels in `groups` runs of equal length; each (sample, group) has its own statistics.
///
/// | normalisation of `[N, H, W, C]` | samples | positions | channels | groups |
/// |---|---|---|---|---|
/// | batch | 1 | N H W | C | C |
/// | instance | N | H W | C | C |
/// | group | N | H W | C | G |
/// | layer (last axis) | N H W | 1 | C | 1 |
package struct NormalizationLayout: Equatable, Sendable {
  package let samples: Int
  package let positions: Int
  package let channels: Int
  package let groups: Int

  package init(samples: Int, positions: Int, channels: Int, groups: Int) {
    shapePrecondition(
      groups > 0 ? channels % groups == 0 : channels == 0,
      "\(channels) channels do not fall into \(groups) groups of equal size")
    self.samples = samples
    self.positions = positions
    self.channels = channels
    self.groups = groups
  }

  /// Channels in a group.
  package var groupSize: Int { groups == 0 ? 0 : channels / groups }
  /// Values behind one mean.
  package var count: Int { positions * groupSize }
  /// The number of means.
  package var statisticCount: Int { samples * groups }
  /// Values in a sample.
  package var sampleSize: Int { positions * channels }
}
