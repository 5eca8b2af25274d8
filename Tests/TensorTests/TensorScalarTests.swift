import Tensor
import Testing

@Suite struct TensorScalarTests {
  @Test func namesFollowNumPy() {
    let names = [
      Float.scalarName, Double.scalarName, Int8.scalarName, Int16.scalarName, Int32.scalarName,
      Int64.scalarName, UInt8.scalarName, UInt16.scalarName, UInt32.scalarName, UInt64.scalarName,
      Bool.scalarName,
    ]
    #expect(
      names == [
        "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "bool",
      ])
  }

  @Test func integersTruncateAndClamp() {
    #expect(Int8(converting: 3.9) == 3)
    #expect(Int8(converting: -3.9) == -3)
    #expect(Int8(converting: 300) == 127)
    #expect(UInt8(converting: -1) == 0)
    #expect(Int64(converting: .infinity) == .max)
    #expect(Int32(converting: .nan) == 0)
  }

  @Test func floatsRound() {
    #expect(Float(converting: 0.1) == 0.1)
    #expect(Float(converting: 1e300) == .infinity)
    #expect((1.5 as Float).doubleValue == 1.5)
    #expect(Bool.zeroValue == false && Int32.zeroValue == 0 && Double.zeroValue == 0)
  }
}
