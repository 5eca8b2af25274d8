import Superpixel
import Tensor
import Testing

/// Views of the same pixels in other layouts give the same labels as the contiguous image.
@Suite struct PixelViewTests {
  /// `[32, 48, 3]` bytes.
  private let image = Tensor<UInt8>(shape: [32, 48, 3]) { buffer in
    let (grey, noise) = (TestImages.texture.scalars, TestImages.noise([32, 48]).scalars)
    for i in buffer.indices {
      let pixel = i / 3
      buffer[i] = UInt8([grey[pixel] * 250, noise[pixel] * 60, 255 - grey[pixel] * 200][i % 3])
    }
  }
  private let slic = SLIC(segmentCount: 20)

  private func labels<Scalar: PixelScalar>(
    _ memory: [Scalar], _ view: (UnsafePointer<Scalar>) -> PixelView
  ) throws -> [Int32] {
    var labels = [Int32](repeating: -7, count: 32 * 48)
    try memory.withUnsafeBufferPointer { memory in
      let base = try #require(memory.baseAddress)
      try labels.withUnsafeMutableBufferPointer {
        _ = try slic.segment(view(base), into: $0, scratch: SLICScratch())
      }
    }
    return labels
  }

  private func value(_ y: Int, _ x: Int, _ channel: Int) -> UInt8 {
    image.scalars[(y * 48 + x) * 3 + channel]
  }

  @Test func interleavedWithPaddedRows() throws {
    let expected = try slic.segment(image).labels.labels.scalars
    var memory = [UInt8](repeating: 77, count: 32 * 160)
    for y in 0..<32 { for i in 0..<144 { memory[y * 160 + i] = value(y, i / 3, i % 3) } }
    let result = try labels(memory) {
      PixelView(interleaved: $0, height: 32, width: 48, channels: 3, rowStride: 160)
    }
    #expect(result == expected)
  }

  @Test func planarWithPaddedRows() throws {
    let expected = try slic.segment(image).labels.labels.scalars
    var memory = [UInt8](repeating: 3, count: 3 * 32 * 50)
    for i in 0..<32 * 48 * 3 { memory[i % 3 * 1_600 + i / 3 / 48 * 50 + i / 3 % 48] = image.scalars[i] }
    let result = try labels(memory) {
      PixelView(planar: $0, height: 32, width: 48, channels: 3, rowStride: 50)
    }
    #expect(result == expected)
  }

  @Test func negativeStrides() throws {
    let expected = try slic.segment(image).labels.labels.scalars
    // Stored bottom row first, right column first, blue first.
    let memory = Array(image.scalars.reversed())
    let result = try labels(memory) {
      PixelView(
        base: $0 + memory.count - 1, height: 32, width: 48, channels: 3, rowStride: -144, columnStride: -3,
        channelStride: -1)
    }
    #expect(result == expected)
  }

  @Test func aCropOfALargerImage() throws {
    let crop = Tensor<UInt8>(shape: [20, 30, 3]) { buffer in
      for i in buffer.indices { buffer[i] = value(5 + i / 90, 7 + i / 3 % 30, i % 3) }
    }
    var labels = [Int32](repeating: 0, count: 600)
    image.withUnsafeBufferPointer { memory in
      labels.withUnsafeMutableBufferPointer { labels in
        guard let base = memory.baseAddress else { return }
        let view = PixelView(
          interleaved: base + 5 * 144 + 7 * 3, height: 20, width: 30, channels: 3, rowStride: 144)
        #expect(throws: Never.self) { try slic.segment(view, into: labels, scratch: SLICScratch()) }
      }
    }
    #expect(labels == (try slic.segment(crop).labels.labels.scalars))
  }

  @Test func everyScalarGivesTheSameLabels() throws {
    let expected = try slic.segment(image).labels
    func same<Scalar: PixelScalar>(_ type: Scalar.Type, _ change: (Double) -> Double) throws -> Double {
      let values = image.scalars.map { Scalar(converting: change(Double($0))) }
      let labels = try slic.segment(Tensor(values, shape: [32, 48, 3])).labels
      return LabelChecks.agreement(expected.labels.scalars, labels.labels.scalars)
    }
    // Bytes are converted by a table; the others agree to rounding.
    #expect(try same(UInt16.self) { $0 * 64 } > 0.995)
    #expect(try same(Int16.self) { $0 * 64 - 9_000 } > 0.995)
    #expect(try same(Int8.self) { $0 - 128 } > 0.995)
    #expect(try same(Int32.self) { $0 * 4_096 } > 0.995)
    #expect(try same(Float.self) { $0 * 4 - 16 } > 0.995)
    #expect(try same(Double.self) { $0 * 1e300 } > 0.995)
    #expect(try same(Double.self) { $0 * 1e-300 / 1e10 } > 0.995)
  }

  @Test func aVolumeWithStrides() throws {
    let volume = TestImages.ball(6, 10, 12)
    let expected = try SLIC(segmentCount: 8).segment(volume: volume).labels.labels.scalars
    // The same voxels with the column axis outermost.
    let turned = Tensor<Float>(shape: [12, 6, 10]) { buffer in
      let values = volume.scalars
      for i in buffer.indices {
        let (x, z, y) = (i / 60, i / 10 % 6, i % 10)
        buffer[i] = values[(z * 10 + y) * 12 + x]
      }
    }
    var labels = [Int32](repeating: 0, count: 720)
    try turned.withUnsafeBufferPointer { memory in
      let view = PixelView(
        base: try #require(memory.baseAddress), depth: 6, height: 10, width: 12, planeStride: 10,
        rowStride: 1,
        columnStride: 60)
      try labels.withUnsafeMutableBufferPointer {
        _ = try SLIC(segmentCount: 8).segment(view, into: $0, scratch: SLICScratch())
      }
    }
    #expect(labels == expected)
  }

  @Test func labelsOfAnotherLengthAreRefused() {
    let view = TestImages.texture.withUnsafeBufferPointer { memory in
      memory.baseAddress.map { PixelView(planar: $0, height: 32, width: 48, channels: 1) }
    }
    var labels = [Int32](repeating: 0, count: 5)
    let error = #expect(throws: SuperpixelError.self) {
      let view = try #require(view)
      try labels.withUnsafeMutableBufferPointer {
        _ = try slic.segment(view, into: $0, scratch: SLICScratch())
      }
    }
    #expect(error?.field == "labels")
  }
}
