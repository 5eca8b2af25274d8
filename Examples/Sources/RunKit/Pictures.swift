package import ExampleSupport
import MedIO
package import Tensor

extension Picture {
  /// Pixels `[height, width, 4]`.
  package init(rgba: Tensor<UInt8>) {
    self.init(width: rgba.shape[1], height: rgba.shape[0], channels: 4, pixels: rgba.scalars)
  }

  /// An image in 0...1 `[height, width]` in grey, with a colour for every class but the background.
  package init(image: Tensor<Float>, classes: Tensor<Int32>?, classCount: Int) {
    let (height, width) = (image.shape[0], image.shape[1])
    var pixels: [UInt8] = []
    pixels.reserveCapacity(height * width * 4)
    let values = image.scalars
    let labels = classes?.scalars
    for index in values.indices {
      // A value that is not finite is black.
      let grey = values[index].isFinite ? Double(min(max(values[index], 0), 1)) * 255 : 0
      let label = labels.map { Int($0[index]) } ?? 0
      let color = Self.color(label, of: classCount)
      for channel in 0..<3 {
        pixels.append(UInt8((label == 0 ? grey : 0.5 * grey + 0.5 * color[channel]).rounded()))
      }
      pixels.append(255)
    }
    self.init(width: width, height: height, channels: 4, pixels: pixels)
  }

  /// Colors for up to twelve classes that are easy to tell apart on grey, then evenly spaced hues, bright and dark in turn.
  package static func color(_ label: Int, of count: Int) -> [Double] {
    guard label > 0 else { return [0, 0, 0] }
    guard count - 1 > distinct.count else { return distinct[label - 1] }
    let hue = Double(label - 1) / Double(max(count - 1, 1)) * 6
    let value = label % 2 == 0 ? 200.0 : 255.0
    return (0..<3).map { channel in
      let distance = abs((hue + Double(channel) * 4).truncatingRemainder(dividingBy: 6) - 3)
      return value * min(max(distance - 1, 0), 1)
    }
  }

  /// Hues that differ in lightness where they are neighbors on the wheel.
  private static let distinct: [[Double]] = [
    [214, 39, 40], [255, 152, 30], [250, 220, 60], [44, 160, 44], [64, 224, 208], [0, 98, 190],
    [240, 110, 200], [130, 70, 190], [160, 96, 50], [170, 220, 90], [255, 180, 170], [100, 190, 255],
  ]

  /// A picture of an axial slice in RAS orientation, every pixel a square of `factor`, laid out and marked as `view` has it.
  package func axial(_ view: AnatomicalView, enlarged factor: Int) -> Picture {
    let layout = view.layout(rows: .anterior, columns: .right)
    return arranged(by: layout).enlarged(factor).marked(with: layout.marks)
  }

  /// Every pixel repeated along both axes.
  package func enlarged(_ factor: Int) -> Picture {
    var large: [UInt8] = []
    large.reserveCapacity(pixels.count * factor * factor)
    for row in 0..<height {
      var line: [UInt8] = []
      for column in 0..<width {
        let start = (row * width + column) * channels
        for _ in 0..<factor { line.append(contentsOf: pixels[start..<start + channels]) }
      }
      for _ in 0..<factor { large.append(contentsOf: line) }
    }
    return Picture(width: width * factor, height: height * factor, channels: channels, pixels: large)
  }

  /// Pictures of one height and channel count side by side, with a white gap.
  package static func sideBySide(_ pictures: [Picture], gap: Int = 4) -> Picture {
    let (height, channels) = (pictures[0].height, pictures[0].channels)
    let width = pictures.reduce(0) { $0 + $1.width } + gap * (pictures.count - 1)
    var pixels: [UInt8] = []
    for row in 0..<height {
      for (index, picture) in pictures.enumerated() {
        if index > 0 { pixels.append(contentsOf: [UInt8](repeating: 255, count: gap * channels)) }
        let length = picture.width * channels
        pixels.append(contentsOf: picture.pixels[row * length..<(row + 1) * length])
      }
    }
    return Picture(width: width, height: height, channels: channels, pixels: pixels)
  }
}
