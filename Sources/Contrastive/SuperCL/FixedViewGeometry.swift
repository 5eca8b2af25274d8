import Tensor

/// Whether the fixed views move in space, and whether their superpixels move with them: for measuring what it is worth that
/// no pixel of T_fix moves.
///
/// Superpixels are made of the views before they move. The movement is drawn for each view by itself, and varied views that
/// are made of the fixed ones start from the moved ones.
public enum FixedViewGeometry: Sendable, Hashable, Codable {
  /// No pixel moves: the method.
  case still
  /// Each view moves, and its superpixels with it (nearest). ILCP compares pixels by the superpixel of view 1 at the place
  /// of the image that each of them shows; a pixel whose place the other view does not show takes no part, as an anchor or
  /// as a negative.
  case mapsWarped(VariedAugmentation)
  /// Each view moves, its superpixels stay: pixels of the two views no longer correspond, and the labels lie beside them.
  /// What the mirrors of the released code do to a part of the pixels (``FixedViewMirrors``), to all of them.
  case mapsUnwarped(VariedAugmentation)

  /// How views move, where they do.
  var motion: VariedAugmentation? {
    switch self {
    case .still: nil
    case .mapsWarped(let motion), .mapsUnwarped(let motion): motion
    }
  }
}

/// Two fixed views that moved, and which places of the still image their pixels show.
struct MovedViews {
  let images: [Tensor<Float>]
  /// For each view, for each pixel the row-major place that it shows, from 1; 0 outside the image.
  let places: [Tensor<Int32>]

  /// Both views moved, each by a draw of its own.
  init(
    _ views: [Tensor<Float>], by motion: VariedAugmentation, spacing: VoxelSpacing?,
    using generator: inout some RandomNumberGenerator
  ) {
    let shape = views[0].shape.removing(axis: -1)
    let own = Tensor<Int32>((1...max(shape.elementCount, 1)).map { Int32($0) }, shape: shape)
    var (images, places): ([Tensor<Float>], [Tensor<Int32>]) = ([], [])
    for view in views {
      let moved = motion(view, maps: [own], spacing: spacing, using: &generator)
      images.append(moved.image)
      places.append(moved.maps[0])
    }
    self.images = images
    self.places = places
  }

  /// The labels of a still map where each pixel of a view shows it; -1 outside the image.
  func labels(_ map: Tensor<Int32>, in view: Int) -> Tensor<Int32> {
    Self.read(map, at: places[view]) { _ in true }
  }

  /// The labels of a still map for both views; -1 where a pixel shows what the other view does not.
  func partneredLabels(_ map: Tensor<Int32>) -> [Tensor<Int32>] {
    places.indices.map { view in
      let shown = Self.shownPlaces(places[1 - view])
      return Self.read(map, at: places[view]) { shown[$0] }
    }
  }

  private static func read(
    _ map: Tensor<Int32>, at places: Tensor<Int32>, where isShown: (Int) -> Bool
  ) -> Tensor<Int32> {
    Tensor(shape: places.shape) { target in
      map.withUnsafeBufferPointer { map in
        places.withUnsafeBufferPointer { places in
          for index in target.indices {
            let place = Int(places[index]) - 1
            target[index] = place >= 0 && isShown(place) ? map[place] : -1
          }
        }
      }
    }
  }

  /// Which places of the still image a view shows: those that its pixels read, and their neighbours along every axis, since a
  /// view that shrinks the image steps over places between two pixels.
  private static func shownPlaces(_ places: Tensor<Int32>) -> [Bool] {
    var shown = [Bool](repeating: false, count: places.elementCount)
    places.withUnsafeBufferPointer { for place in $0 where place > 0 { shown[Int(place) - 1] = true } }
    var step = 1
    for length in places.shape.dimensions.reversed() {
      let before = shown
      for index in before.indices where !before[index] {
        let place = index / step % length
        shown[index] =
          (place > 0 && before[index - step]) || (place + 1 < length && before[index + step])
      }
      step *= length
    }
    return shown
  }
}
