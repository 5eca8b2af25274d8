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

  /// Reads a PNG as grey, or as RGB when it has colour.
  ///
  /// - Sixteen-bit samples become eight-bit linearly, v 255 / 65,535 rounded.
  /// - Alpha is dropped: a transparent pixel has the colour that the file gives it.
  /// - A file without a gamma, with that of sRGB or with a `gAMA` chunk of 1 / 2.2 (45455) keeps its values. One with another
  ///   gamma is converted to 1 / 2.2: with `gAMA` 1.0, which says that samples are proportional to light, 128 of 255
  ///   becomes 255 (128 / 255)^(1 / 2.2) = 186. Pillow and scikit-image ignore `gAMA`.
  ///
  /// - Throws: ``ExampleFailure``: what is no regular file or cannot be read (66), what is no PNG, broken or too large (65).
  public init(png url: URL) throws {
    let data = try InputFile(url.path).contents()
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
      // Asked for no alpha, libpng would compose the pixels on the buffer; so alpha is read, and left out below.
      let hasAlpha = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
      let stored = channels + (hasAlpha ? 1 : 0)
      image.format = Self.format(channels: channels) | (hasAlpha ? UInt32(PNG_FORMAT_FLAG_ALPHA) : 0)
      // Without this, sixteen bits without a gamma count as proportional to light.
      image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
      let (width, height) = (Int(image.width), Int(image.height))
      guard width * height <= Self.maximumPixelCount else {
        throw ExampleFailure(
          .data, "\(url.path): \(width) x \(height) pixels are more than \(Self.maximumPixelCount)")
      }
      var pixels = [UInt8](repeating: 0, count: width * height * stored)
      guard png_image_finish_read(&image, nil, &pixels, 0, nil) != 0 else {
        throw ExampleFailure(.data, "\(url.path): a broken PNG file")
      }
      if hasAlpha {
        pixels = pixels.indices.compactMap { $0 % stored < channels ? pixels[$0] : nil }
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
