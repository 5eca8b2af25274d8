internal import CExamplesPNG
public import Foundation

/// Eight-bit pixels of a picture, row by row: one channel (grey), three (RGB) or four (RGBA).
public struct Picture: Sendable {
  public let width: Int
  public let height: Int
  public let channels: Int
  public var pixels: [UInt8]

  /// - Precondition: 1, 3 or 4 channels and `width * height * channels` pixels.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition([1, 3, 4].contains(channels), "a picture has 1, 3 or 4 channels, not \(channels)")
    precondition(
      pixels.count == width * height * channels,
      "\(pixels.count) values do not fill \(width) x \(height) x \(channels)")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }
}

extension Picture {
  /// The picture as a PNG file's bytes.
  public func pngData() throws -> Data {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(width)
    image.height = UInt32(height)
    image.format = Self.format(channels: channels)
    defer { png_image_free(&image) }
    var size = 0
    guard png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0 else {
      throw ExampleFailure(.cannotCreate, "a picture of \(width) x \(height) cannot be encoded as PNG")
    }
    var bytes = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil) != 0 else {
      throw ExampleFailure(.cannotCreate, "a picture of \(width) x \(height) cannot be encoded as PNG")
    }
    return Data(bytes.prefix(size))
  }

  public func writePNG(to url: URL) throws { try writeOutput(pngData(), to: url) }

  /// What a file may claim before it is refused.
  private static let maximumPixelCount = 1 << 28

  /// Reads a PNG as grey, or as RGB when it has colour; 16-bit samples become 8-bit, alpha is dropped.
  public init(png url: URL) throws {
    guard let data = try? Data(contentsOf: url) else {
      throw ExampleFailure(.noInput, "\(url.path): cannot be read")
    }
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    let bytes = [UInt8](data)
    // libpng keeps the address between the two calls, so both stand inside one closure.
    let picture = try bytes.withUnsafeBytes { buffer -> Picture in
      guard png_image_begin_read_from_memory(&image, buffer.baseAddress, buffer.count) != 0 else {
        throw ExampleFailure(.data, "\(url.path): not a PNG file")
      }
      let channels = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1
      image.format = Self.format(channels: channels)
      let (width, height) = (Int(image.width), Int(image.height))
      guard width * height <= Self.maximumPixelCount else {
        throw ExampleFailure(
          .data, "\(url.path): \(width) x \(height) pixels are more than \(Self.maximumPixelCount)")
      }
      var pixels = [UInt8](repeating: 0, count: width * height * channels)
      guard png_image_finish_read(&image, nil, &pixels, 0, nil) != 0 else {
        throw ExampleFailure(.data, "\(url.path): a broken PNG file")
      }
      return Picture(width: width, height: height, channels: channels, pixels: pixels)
    }
    self = picture
  }

  private static func format(channels: Int) -> UInt32 {
    let color = channels == 1 ? 0 : UInt32(PNG_FORMAT_FLAG_COLOR)
    return color | (channels == 4 ? UInt32(PNG_FORMAT_FLAG_ALPHA) : 0)
  }
}
