import Contrastive
import ExampleSupport
import MedIO
import NN
import RunKit
import Superpixel
import Tensor

/// Some slices with the views that the method makes of them, as pictures.
struct ViewSheet {
  /// How many slices are shown.
  static let count = 3

  /// Headings of the columns: the slice, or the volume's middle plane, then the views.
  let columns: [String]
  /// A row for each image: its place, and a picture for each column.
  let rows: [(place: String, pictures: [Picture])]

  /// - Parameter batch: Images of `data`, of which some are shown.
  init(
    _ method: some PublishedMethod, _ data: some PreparedImages, _ batch: ExampleBatch,
    view request: PretrainRequest
  ) throws {
    let key = RandomKey(seed: method.recipe.seed).stream(for: "pictures")
    let views = method.pictures(of: try method.views(of: batch.images, key: key))
    // Views may be mirrored: letters stand at the slice alone.
    let layout = Self.layout(request)
    columns = [request.dimensions == 2 ? "slice" : "volume"] + views.map(\.name)
    rows = batch.places(Self.count).map { place in
      let image = batch.images[place].image
      let plane = image.rank == 4 ? image[image.shape[0] / 2] : image
      let slice = Self.picture(plane, nil).arranged(by: layout)
      return (
        data.place(of: batch.indices[place]),
        [slice.enlarged(max(1, 192 / max(slice.width, slice.height))).marked(with: layout.marks)]
          + views.map { view in
            Self.picture(view.images[place], view.superpixels.map { $0[place] }).arranged(by: layout)
          }
      )
    }
  }

  private static func layout(_ request: PretrainRequest) -> CutLayout {
    guard let directions = request.plane.orientation?.directions else { return .unknown }
    return request.view.layout(rows: directions[1], columns: directions[0])
  }

  /// The first channel of an image `[H, W, C]`, from its least to its greatest value, with the boundaries of superpixels.
  private static func picture(_ image: Tensor<Float>, _ superpixels: Tensor<Int32>?) -> Picture {
    let gray = image.sliced(along: -1, 0..<1).squeezed(at: -1)
    if let superpixels { return Picture(rgba: LabelMap(superpixels).overlay(on: gray)) }
    let (low, high) = (gray.min().item, gray.max().item)
    let pixels = gray.scalars.map { value in
      high > low && value.isFinite ? UInt8((255 * (value - low) / (high - low)).rounded()) : 0
    }
    return Picture(width: gray.shape[1], height: gray.shape[0], channels: 1, pixels: pixels)
  }
}
