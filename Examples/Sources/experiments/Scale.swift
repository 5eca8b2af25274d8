import ArgumentParser
import ExampleSupport
import Foundation
import Superpixel

/// Images of extreme size, with progress and peak memory.
struct Scale: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "superpixel-scale",
    abstract: "Segments a volume of 512 x 512 x 512 and an image of 8192 x 8192 and prints time and memory.")

  @Option(help: "Planes, rows and columns of the volume, and rows and columns of the image.")
  var side: [Int] = [512, 8_192]

  func validate() throws {
    guard side.count == 2, side.allSatisfy({ $0 >= 1 }) else {
      throw ValidationError("--side is given twice: of the volume, of the image")
    }
  }

  func run() throws {
    let (volume, image) = (side[0], side[1])
    try segment(depth: volume, height: volume, width: volume, count: 1_000)
    try segment(depth: nil, height: image, width: image, count: 4_000)
  }

  private func segment(depth: Int?, height: Int, width: Int, count: Int) throws {
    let pixels = (depth ?? 1) * height * width
    say("\([depth, height, width].compactMap { $0 }.map(String.init).joined(separator: " x ")), \(count):")
    let values = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: pixels)
    let labels = UnsafeMutableBufferPointer<Int32>.allocate(capacity: pixels)
    defer {
      values.deallocate()
      labels.deallocate()
    }
    draw(values, height: height, width: width)
    labels.initialize(repeating: 0)
    ProcessMemory.resetPeak()
    let before = ProcessMemory.resident
    let scratch = SLICScratch()
    let clock = ContinuousClock()
    let start = clock.now
    let view = PixelView(
      base: UnsafePointer(values.baseAddress.unsafelyUnwrapped), depth: depth, height: height, width: width,
      planeStride: height * width, rowStride: width, columnStride: 1)
    do {
      let report = try SLIC(segmentCount: count).segment(view, into: labels, scratch: scratch) { step in
        let seconds = (clock.now - start) / .seconds(1)
        say(String(format: "  %3.0f %% after %.1f s: %@", 100 * step.fraction, seconds, "\(step.stage)"))
        return .proceed
      }
      let seconds = (clock.now - start) / .seconds(1)
      let extra = Double(ProcessMemory.peak - before) / Double(pixels)
      say(
        String(
          format:
            "  %d segments in %d passes, %.1f s; %.2f bytes a pixel beside input (2) and labels (4); peak %.0f MiB",
          report.count, report.iterations, seconds, extra,
          Double(ProcessMemory.peak) / 1_048_576))
    } catch {
      throw ExampleFailure(.data, "\(error)")
    }
  }

  /// Waves of three lengths with noise.
  private func draw(_ values: UnsafeMutableBufferPointer<UInt16>, height: Int, width: Int) {
    let waves = (0..<max(height, width)).map { sin(Double($0) / 17) + sin(Double($0) / 61) }
    for index in values.indices {
      let (z, y, x) = (index / (height * width), index / width % height, index % width)
      var noise = UInt32(truncatingIfNeeded: index) &* 2_654_435_761
      noise = (noise ^ noise >> 15) &* 2_246_822_519
      let wave = waves[y] + waves[x] + waves[z % waves.count]
      values[index] = UInt16(2_000 + 300 * wave) + UInt16(noise >> 24)
    }
  }
}

/// Prints a line at once.
private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
