import NN
public import Tensor

/// Batches of one random slice of each of S parts of m volumes: GCL's.
///
/// An epoch takes the volumes in random order, m at a time, and of each of them one slice of every part, in the order of
/// the parts. Volumes that do not fill the last m sit out until another epoch. With batches of `m S` images (or a multiple
/// that divides as well) every batch holds m different volumes.
///
///     let sampler = try VolumePartSampler(images, parts: 4, volumesPerBatch: 2, seed: 1)
///     let loop = try TrainingLoop(task, on: images, sampler: sampler)          // what GCL chooses by itself
///
/// Source: Chaitanya et al., NeurIPS 2020, section 3.1.
public struct VolumePartSampler: Sampler, Hashable {
  /// For each volume, for each of its parts, the indices of the slices.
  public let volumes: [[[Int]]]
  /// m: volumes that stand together.
  public let volumesPerBatch: Int
  /// The seed that every epoch is drawn from.
  public let seed: UInt64

  /// A sampler over images that say of which volume they are, and where in it.
  ///
  /// - Throws: ``PretrainingError``: an image without volume or position, a volume with an empty part, fewer volumes than
  ///   are to stand together.
  public init(
    _ images: some Dataset<PretrainingImage>, parts: Int, volumesPerBatch: Int, seed: UInt64,
    for method: String = "VolumePartSampler"
  ) throws {
    let check = SettingCheck(method: method)
    try check.positive("parts", parts)
    try check.positive("volumesPerBatch", volumesPerBatch)
    let slices = try VolumeSlices(images, for: method)
    let cut = VolumeParts(parts)
    volumes = try slices.volumes.map { volume in
      let indices = slices.indices(of: volume, in: cut)
      if let empty = indices.firstIndex(where: \.isEmpty) {
        throw PretrainingError.badSetting(
          method: method, field: "parts", value: "\(parts)",
          reason: "volume \(volume.number) has no slice in part \(empty + 1) (it has \(volume.slices.count))")
      }
      return indices
    }
    try check.require(
      volumes.count >= volumesPerBatch, "images", "\(volumes.count) volumes",
      "a batch holds slices of \(volumesPerBatch) different ones")
    self.volumesPerBatch = volumesPerBatch
    self.seed = seed
  }

  public var count: Int {
    volumes.count / volumesPerBatch * volumesPerBatch * (volumes.first?.count ?? 0)
  }

  public func indices(epoch: Int) -> [Int] {
    var generator = RandomKey(seed: seed).stream(for: .order).at(step: epoch).generator
    let order = generator.permutation(of: volumes.count)
    return order.prefix(volumes.count / volumesPerBatch * volumesPerBatch).flatMap { volume in
      volumes[volume].map { $0[generator.integer(below: $0.count)] }
    }
  }
}

extension SettingCheck {
  /// Refuses a batch that is not in a ``VolumePartSampler``'s order: one slice of each part of whole volumes, a multiple of
  /// `together` slices.
  func isInOrder(_ images: [PretrainingImage], parts: Int, together: Int) throws(PretrainingError) {
    try require(
      images.count % together == 0, "images.count", images.count,
      "a batch holds a multiple of \(together) slices")
    for (place, image) in images.enumerated() {
      let (volume, position) = try placed(image, at: place)
      let part = VolumeParts(parts).part(at: position)
      try require(
        part == place % parts && volume == images[place - place % parts].volume, "sampler",
        "image \(place) of the batch: volume \(volume), part \(part + 1)",
        "a batch holds one slice of each of \(parts) parts of whole volumes: leave the order to \(method)")
    }
  }

  /// What batches of whole volumes' parts ask of a recipe.
  func wholeVolumes(_ recipe: TrainingRecipe, together: Int, _ what: String) throws(PretrainingError) {
    try require(
      recipe.batchSize >= together && recipe.batchSize % together == 0, "recipe.batchSize", recipe.batchSize,
      "must be a multiple of the \(together) slices of \(what)")
    try require(
      recipe.lastBatch != .kept, "recipe.lastBatch", recipe.lastBatch.rawValue,
      "a smaller batch has not all parts")
  }
}
