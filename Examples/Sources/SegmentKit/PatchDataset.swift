import ExampleSupport
import MedIO
import NN
import Tensor

/// The patches of a training, one after the other: patch n depends on the seed and on n alone, so that a training that goes
/// on sees what an unbroken one sees. Planes are read from prepared scans as patches need them.
struct PatchDataset: Dataset {
  /// A class, and the planes of a scan that it is in.
  private struct ClassPlanes {
    let label: Int32
    let planes: [Int]
  }

  /// Patches in all.
  let count: Int
  private let slices: SliceDataset
  /// The indices of each part's planes.
  private let planes: [[Int]]
  /// Height and width of each scan's planes.
  private let sides: [[Int]]
  /// Of each scan the classes that it has, class 1 first.
  private let classes: [[ClassPlanes]]
  /// `[planes, height, width]`; one plane in two dimensions.
  private let patch: [Int]
  private let isPlanar: Bool
  private let foregroundShare: Double
  private let key: RandomKey

  init(_ scans: PreparedScans, _ settings: SegmentSettings) throws {
    count = settings.steps * settings.batchSize
    slices = scans.slices
    planes = scans.parts.map(\.planes)
    isPlanar = settings.dimensions == 2
    patch = isPlanar ? [1] + settings.patch : settings.patch
    foregroundShare = settings.foregroundShare
    key = RandomKey(seed: settings.seed).stream(for: "patches")
    var (sides, classes): ([[Int]], [[ClassPlanes]]) = ([], [])
    for planes in planes {
      var places: [Int32: [Int]] = [:]
      var size: [Int] = []
      for (plane, index) in planes.enumerated() {
        let sample = try slices.element(at: index)
        size = Array(sample.image.shape.dimensions.prefix(2))
        guard let labels = sample.labels else { continue }
        for label in LabelMap(labels).distinctLabels where label > 0 {
          places[label, default: []].append(plane)
        }
      }
      sides.append(size)
      classes.append(places.sorted { $0.key < $1.key }.map { ClassPlanes(label: $0.key, planes: $0.value) })
    }
    (self.sides, self.classes) = (sides, classes)
  }

  /// The classes that no scan has.
  func missingClasses(of count: Int) -> [Int32] {
    let found = Set(classes.flatMap { $0.map(\.label) })
    return (1..<Int32(count)).filter { !found.contains($0) }
  }

  /// `[height, width, 1]` or `[planes, height, width, 1]`.
  func element(at index: Int) throws -> LabeledImage {
    var generator = key.at(step: index).generator
    let scan = generator.integer(below: planes.count)
    let lengths = [planes[scan].count] + sides[scan]
    var middle: [Int]?
    if generator.chance(foregroundShare), !classes[scan].isEmpty {
      middle = try labeledVoxel(of: scan, using: &generator)
    }
    let starts = (0..<3).map { axis -> Int in
      let room = lengths[axis] - patch[axis]
      guard room > 0 else { return room == 0 ? 0 : -((-room) / 2) }
      let drawn = generator.integer(below: room + 1)
      return middle.map { min(max($0[axis] - patch[axis] / 2, 0), room) } ?? drawn
    }
    return try box(of: scan, at: starts, lengths)
  }

  /// A voxel of a class, each class and then each of its planes as likely as another.
  private func labeledVoxel(of scan: Int, using generator: inout PhiloxGenerator) throws -> [Int]? {
    let item = classes[scan][generator.integer(below: classes[scan].count)]
    let plane = item.planes[generator.integer(below: item.planes.count)]
    guard let labels = try slices.element(at: planes[scan][plane]).labels else { return nil }
    let places = labels.withUnsafeBufferPointer { values in values.indices.filter { values[$0] == item.label }
    }
    guard !places.isEmpty else { return nil }
    let place = places[generator.integer(below: places.count)]
    return [plane, place / labels.shape[1], place % labels.shape[1]]
  }

  /// The box at a place; what lies outside the scan is 0, of the image and of the labels.
  private func box(of scan: Int, at starts: [Int], _ lengths: [Int]) throws -> LabeledImage {
    let kept = (0..<3).map { axis in max(0, starts[axis])..<min(lengths[axis], starts[axis] + patch[axis]) }
    let padding = (0..<3).map { axis in
      PaddingAmount(
        before: kept[axis].lowerBound - starts[axis],
        after: starts[axis] + patch[axis] - kept[axis].upperBound)
    }
    var (images, labels): ([Tensor<Float>], [Tensor<Int32>]) = ([], [])
    for plane in kept[0] {
      let sample = try slices.element(at: planes[scan][plane])
      guard let truth = sample.labels else {
        throw ExampleFailure(.data, "\(sample.position.identifier): no labels")
      }
      images.append(sample.image.cropped(to: [kept[1], kept[2], 0..<sample.image.shape[2]]))
      labels.append(truth.cropped(to: [kept[1], kept[2]]))
    }
    let image = Tensor(stacking: images).padded(padding + [.none], border: .constant(0))
    let truth = Tensor(stacking: labels).padded(padding, border: .constant(0))
    return isPlanar
      ? LabeledImage(image: image[0], labels: truth[0]) : LabeledImage(image: image, labels: truth)
  }
}
