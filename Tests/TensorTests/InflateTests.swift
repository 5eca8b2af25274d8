import Foundation
import Tensor
import TestSupport
import Testing

/// The streams of deflate.json, written by zlib.
struct DeflateCase: Decodable {
  var size: Int
  var crc: UInt32
  /// The first 1500 bytes.
  var head: Data
  var stream: Data

  static func load() throws -> [String: DeflateCase] {
    let url = try #require(
      Bundle.module.url(forResource: "deflate", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode([String: DeflateCase].self, from: Data(contentsOf: url))
  }
}

func inflate(_ stream: [UInt8], count: Int) throws -> [UInt8] {
  try stream.withUnsafeBytes { try inflated($0, count: count) }
}

@Suite struct InflateTests {
  let cases: [String: DeflateCase]

  init() throws { cases = try DeflateCase.load() }

  @Test func readsWhatZlibWrites() throws {
    #expect(cases.count == 8)
    for (name, item) in cases {
      let bytes = try inflate(Array(item.stream), count: item.size)
      #expect(bytes.withUnsafeBytes { crc32($0) } == item.crc, "\(name)")
      #expect(bytes.prefix(1500).elementsEqual(item.head), "\(name)")
    }
  }

  @Test func cutStreamsAreTruncated() throws {
    for (name, item) in cases {
      for count in stride(from: 0, to: item.stream.count, by: 1 + item.stream.count / 40) {
        #expect(throws: InflateError.truncated, "\(name), \(count) bytes") {
          try inflate(Array(item.stream.prefix(count)), count: item.size)
        }
      }
    }
  }

  @Test func lengthsMustFit() throws {
    for (name, item) in cases where item.size > 0 {
      #expect(throws: InflateError.wrongLength, "\(name)") {
        try inflate(Array(item.stream), count: item.size - 1)
      }
      #expect(throws: InflateError.wrongLength, "\(name)") {
        try inflate(Array(item.stream), count: item.size + 1)
      }
    }
  }

  @Test func namesWhatIsBroken() {
    // A last block of type 3; a stored block whose length is not confirmed; a fixed block that copies from
    // before the start (length code 257, then distance code 0).
    #expect(throws: InflateError.badBlock) { try inflate([0b111], count: 1) }
    #expect(throws: InflateError.badBlock) { try inflate([1, 1, 0, 1, 0, 7], count: 1) }
    #expect(throws: InflateError.badCode) { try inflate([0b011, 0b10, 0], count: 3) }
  }

  /// Broken streams end in an error or in the length asked for, and never outside the buffers.
  @Test func mutationsAreHarmless() throws {
    var generator = SplitMix64(seed: 11)
    var failures = 0
    for item in cases.values where item.size < 4000 {
      let stream = Array(item.stream)
      for _ in 0..<400 {
        var changed = stream
        for _ in 0...Int.random(in: 0..<4, using: &generator) {
          changed[Int.random(in: 0..<changed.count, using: &generator)] ^=
            1 << UInt8.random(in: 0..<8, using: &generator)
        }
        do {
          let count = try inflate(changed, count: item.size).count
          if count != item.size { failures += 1 }
        } catch is InflateError {
        }
      }
    }
    for _ in 0..<2000 {
      let noise = (0..<Int.random(in: 0..<80, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      do {
        if try inflate(noise, count: 100).count != 100 { failures += 1 }
      } catch is InflateError {
      }
    }
    #expect(failures == 0)
  }

  /// The check value that the standard's users agree on.
  @Test func checksum() {
    #expect(Array("123456789".utf8).withUnsafeBytes { crc32($0) } == 0xCBF4_3926)
    #expect([UInt8]().withUnsafeBytes { crc32($0) } == 0)
  }
}
