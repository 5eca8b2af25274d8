import Tensor

/// A pixel of a batch of label maps.
struct LabeledPixel {
  /// Its image.
  let image: Int
  /// Its place among all pixels of the batch, in row-major order.
  let place: Int
  let label: Int32

  /// The pixels of label maps `[B, spatial...]`, image by image and in row-major order: at most `limit` of each label in each
  /// image, every set of so many equally likely; all where `nil`. Pixels of the ignored label, and those whose place is not
  /// `isAllowed`, take no part.
  static func drawn(
    _ limit: Int?, of labels: Tensor<Int32>, ignoring ignored: Int32?,
    where isAllowed: (Int) -> Bool = { _ in true }, using generator: inout some RandomNumberGenerator
  ) -> [[LabeledPixel]] {
    let images = labels.shape[0]
    let size = images == 0 ? 0 : labels.elementCount / images
    return labels.withUnsafeBufferPointer { values in
      (0..<images).map { image in
        // Neighbours mostly share a label: it is looked up where it changes.
        var (slots, classes): ([Int32: Int], [[Int]]) = ([:], [])
        var (last, slot): (Int32?, Int) = (nil, 0)
        for place in image * size..<(image + 1) * size
        where values[place] != ignored && isAllowed(place) {
          if values[place] != last {
            last = values[place]
            slot = slots[values[place]] ?? classes.count
            if slot == classes.count {
              slots[values[place]] = slot
              classes.append([])
            }
          }
          classes[slot].append(place)
        }
        // In the order of the labels: the order of a dictionary changes from run to run.
        let drawn = slots.sorted { $0.key < $1.key }.flatMap { label, slot in
          let places = classes[slot]
          return subset(of: places, count: limit ?? places.count, using: &generator).map {
            LabeledPixel(image: image, place: $0, label: label)
          }
        }
        return drawn.sorted { $0.place < $1.place }
      }
    }
  }

  private static func subset(
    of places: [Int], count: Int, using generator: inout some RandomNumberGenerator
  ) -> ArraySlice<Int> {
    guard places.count > count else { return places[...] }
    var places = places
    for index in 0..<count {
      places.swapAt(index, index + generator.integer(below: places.count - index))
    }
    return places[..<count]
  }
}
