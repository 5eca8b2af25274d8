import Foundation
import Tensor
import Testing

@Suite struct PhiloxGeneratorTests {
  /// The vectors of philox4x32 with 10 rounds in Random123's examples/kat_vectors.
  @Test(
    arguments: [
      (
        [0, 0, 0, 0], [0, 0],
        [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
      ),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func publishedVectors(_ counter: [UInt32], _ key: [UInt32], _ expected: [UInt32]) {
    let block = PhiloxGenerator.block(
      counter: (counter[0], counter[1], counter[2], counter[3]), key: (key[0], key[1]))
    #expect([block.0, block.1, block.2, block.3] == expected)
  }

  @Test func numbersAreTheWordsOfTheBlocksInOrder() {
    var generator = PhiloxGenerator(seed: 0)
    #expect(generator.next() == 0xe169_c58d_6627_e8d5)
    #expect(generator.next() == 0x9b00_dbd8_bc57_ac4c)
    #expect(generator.position == 2)
    var other = PhiloxGenerator(seed: 0)
    other.position = 1
    #expect(other.next() == 0x9b00_dbd8_bc57_ac4c)
  }

  @Test func keysGiveDifferentNumbers() {
    var numbers: Set<UInt64> = []
    for seed in [1, 2, 1 << 32] as [UInt64] {
      for stream in 0..<3 {
        for index in 0..<3 {
          var generator = PhiloxGenerator(seed: seed, stream: stream, index: index)
          for _ in 0..<4 { numbers.insert(generator.next()) }
        }
      }
    }
    #expect(numbers.count == 3 * 3 * 3 * 4)
  }

  @Test func aStoredGeneratorGoesOnWhereItWas() throws {
    var generator = PhiloxGenerator(seed: .max, stream: 3, index: 4)
    for _ in 0..<5 { _ = generator.next() }
    var restored = try JSONDecoder().decode(PhiloxGenerator.self, from: JSONEncoder().encode(generator))
    #expect(restored == generator)
    #expect(restored.next() == generator.next())
    #expect(restored != PhiloxGenerator(seed: .max, stream: 3, index: 4))
  }

  @Test func bitsAreBalanced() {
    var generator = PhiloxGenerator(seed: 42)
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<10_000 {
      let number = generator.next()
      for bit in 0..<64 where number >> bit & 1 == 1 { counts[bit] += 1 }
    }
    // Five standard deviations of a fair coin thrown 10,000 times.
    #expect(counts.allSatisfy { abs($0 - 5000) < 250 })
  }

  @Test func keysOutsideTheirWordsTrap() async {
    await #expect(processExitsWith: .failure) { _ = PhiloxGenerator(seed: 1, stream: -1) }
    await #expect(processExitsWith: .failure) { _ = PhiloxGenerator(seed: 1, index: 1 << 32) }
  }
}
