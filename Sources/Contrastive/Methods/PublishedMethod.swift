public import Tensor

/// A method from the literature, which a program can offer by name: with its source, and with its numbers as its paper, the
/// group behind SuperCL, or a small trial has them.
///
///     let methods: [any PublishedMethod.Type] = [SuperCL.self, MoCo.self, SwAV.self]
///     for method in methods { print(method.name, method.summary, method.source) }
///
/// A program that trains whichever was asked for opens the type: `func train<Method: PublishedMethod>(_ type: Method.Type)`.
/// A method of your own needs no more than ``PretrainingMethod``.
public protocol PublishedMethod: PretrainingMethod {
  /// What the encoder learns from, in less than a line, without a full stop.
  static var summary: String { get }
  /// Where the method was published: authors and venue, or an identifier.
  static var source: String { get }
  /// The numbers of its paper or its released code, with views for grey slices.
  static var original: Self { get }
  /// As the group behind SuperCL ran its compared methods, for a training set of so many images.
  static func groupProtocol(imageCount: Int) -> Self
  /// For a few dozen slices: small views, few steps.
  static var small: Self { get }

  /// The images of a batch's views, for a person to look at. A method whose views are tensors of images has it by default.
  func pictures(of views: Views) -> [ViewPictures]
}

extension PublishedMethod where Views == [Tensor<Float>] {
  public func pictures(of views: [Tensor<Float>]) -> [ViewPictures] {
    views.enumerated().map { ViewPictures(name: "view \($0.offset + 1)", images: $0.element) }
  }
}

/// One view of every image of a batch, with a name.
public struct ViewPictures: Sendable {
  /// What the view is called in reports.
  public let name: String
  /// `[N, H, W, C]`, in the order of the batch; of volumes the middle plane.
  public let images: Tensor<Float>
  /// The superpixels of each image, `[N, H, W]`; `nil` for a method that has none.
  public let superpixels: Tensor<Int32>?

  /// A named view: of volumes `[N, D, H, W, C]`, with superpixels `[N, D, H, W]`, the middle plane.
  ///
  /// - Precondition: superpixels have the batch and the sides of the images.
  public init(name: String, images: Tensor<Float>, superpixels: Tensor<Int32>? = nil) {
    shapePrecondition(
      images.rank == 4 || images.rank == 5,
      "pictures are [N, H, W, C] or [N, D, H, W, C], not \(images.shape)")
    if let superpixels {
      shapePrecondition(
        superpixels.shape.dimensions == Array(images.shape.dimensions.dropLast()),
        "superpixels of shape \(superpixels.shape) do not fit images of shape \(images.shape)")
    }
    self.name = name
    let plane = images.rank == 5 ? images.shape[1] / 2 : nil
    self.images = plane.map { images.selected(along: 1, at: $0) } ?? images
    self.superpixels = superpixels.map { map in plane.map { map.selected(along: 1, at: $0) } ?? map }
  }
}
