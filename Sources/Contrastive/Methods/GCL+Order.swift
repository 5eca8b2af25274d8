extension GCL {
  /// Slices that a term of the loss needs: those of one volume or of two.
  var slicesTogether: Int { pairs == .withinVolume ? parts : 2 * parts }

  /// - Throws: ``PretrainingError``: the images are not one slice of each part of whole volumes, in order.
  func checkOrder(of images: [PretrainingImage]) throws {
    let check = SettingCheck(method: Self.name)
    try check.require(
      images.count % slicesTogether == 0, "images.count", images.count,
      "a batch holds a multiple of \(slicesTogether) slices")
    for (place, image) in images.enumerated() {
      let (volume, position) = try check.placed(image, at: place)
      let part = VolumeParts(parts).part(at: position)
      try check.require(
        part == place % parts && volume == images[place - place % parts].volume, "sampler",
        "image \(place) of the batch: volume \(volume), part \(part + 1)",
        "a batch holds one slice of each of \(parts) parts of whole volumes: leave the order to GCL")
    }
  }
}
