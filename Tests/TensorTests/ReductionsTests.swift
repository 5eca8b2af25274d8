import Tensor
import Testing

@Suite struct ReductionsTests {
  private let x = Tensor<Float>(rows: [[1, 2, 3], [4, 5, 6]])

  @Test func byHand() {
    #expect(x.sum() == Tensor(21))
    #expect(x.sum(along: 0) == Tensor([5, 7, 9]))
    #expect(x.sum(along: -1) == Tensor([6, 15]))
    #expect(x.sum(along: [0, 1]) == Tensor(21))
    #expect(x.sum(along: []) == x)
    #expect(x.product() == Tensor(720))
    #expect(x.product(along: 0) == Tensor([4, 10, 18]))
    #expect(x.max() == Tensor(6))
    #expect(x.max(along: 1) == Tensor([3, 6]))
    #expect(x.min() == Tensor(1))
    #expect(x.min(along: [0]) == Tensor([1, 2, 3]))
  }

  @Test func arguments() {
    let y = Tensor<Float>(rows: [[3, 9, 9], [7, 1, 1]])
    #expect(y.argmax(along: 1) == Tensor([1, 0]))
    #expect(y.argmax(along: 0) == Tensor([1, 0, 0]))
    #expect(y.argmin(along: 1) == Tensor([0, 1]))
    #expect(y.argmin(along: -2) == Tensor([0, 1, 1]))
    #expect(y.argmax().item == 1 && y.argmin().item == 4)
    #expect(Tensor<Float>([1, .nan, 5, .nan]).argmax().item == 1)
    #expect(Tensor<Float>([1, .nan, 0, .nan]).argmin().item == 1)
  }

  @Test func sumsBackToAnOperand() {
    #expect(x.sum(to: [3]) == Tensor([5, 7, 9]))
    #expect(x.sum(to: [2, 1]) == Tensor(rows: [[6], [15]]))
    #expect(x.sum(to: []) == Tensor(21))
    #expect(x.sum(to: [1, 1]) == Tensor(rows: [[21]]))
    #expect(x.sum(to: [2, 3]) == x)
  }

  @Test func booleans() {
    let mask = Tensor<Bool>(rows: [[true, false], [true, true]])
    #expect(mask.any() && !mask.all())
    #expect(mask.all(along: 0) == Tensor([true, false]))
    #expect(mask.any(along: 1) == Tensor([true, true]))
    #expect(mask.all(along: [0, 1]) == Tensor(false))
    #expect(mask.any(along: [0, 1]) == Tensor(true))
    #expect(mask.trueCount == 3)
    let none = Tensor<Bool>(zeros: [0])
    #expect(!none.any() && none.all() && none.trueCount == 0)
  }

  @Test func noElements() {
    let empty = Tensor<Float>(zeros: [0, 3])
    #expect(empty.sum() == Tensor(0))
    #expect(empty.sum(along: 0) == Tensor([0, 0, 0]))
    #expect(empty.sum(along: 1).shape == [0])
    #expect(empty.product(along: 0) == Tensor([1, 1, 1]))
    #expect(empty.max(along: 1).shape == [0])
    #expect(Tensor<Float>(zeros: [3, 0]).sum(along: 0).shape == [0])
    #expect(Tensor<Double>(zeros: [3, 0]).max(along: 0).shape == [0])
    #expect(Tensor<Double>(zeros: [3, 0, 2]).argmax(along: 0).shape == [0, 2])
    #expect(empty.argmax(along: 1).shape == [0])
  }

  @Test func whatIsNotThereTraps() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [0, 3]).max(along: 0) }
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [0]).argmin() }
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [2]).sum(along: 1) }
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [2, 2]).sum(along: [1, -1]) }
    await #expect(processExitsWith: .failure) { _ = Tensor<UInt8>([200, 56]).sum() }
  }

  /// Every way to reduce, against sums in the order of the definition; integers, so that order is free.
  @Test(
    arguments: [
      [5], [1], [2, 3], [7, 1], [1, 9], [3, 5, 7], [2, 3, 4, 5], [1000, 3], [3, 1000], [300, 300],
      [2, 200, 65], [70_001],
      [2, 40_000, 1], [129, 64],
    ] as [TensorShape])
  func byDefinition(_ shape: TensorShape) {
    var generator = PhiloxGenerator(seed: 4)
    let values = Tensor<Int32>(uniform: -8..<9, shape: shape, using: &generator)
    for mask in 1..<(1 << shape.rank) {
      let axes = (0..<shape.rank).filter { mask >> $0 & 1 == 1 }
      let kept = shape.removing(axes: axes)
      var groups = [[Int32]](repeating: [], count: kept.elementCount)
      for (index, value) in values.scalars.enumerated() {
        var (rest, place, scale) = (index, 0, 1)
        for axis in (0..<shape.rank).reversed() {
          if !axes.contains(axis) {
            place += rest % shape[axis] * scale
            scale *= shape[axis]
          }
          rest /= shape[axis]
        }
        groups[place].append(value)
      }
      let sums = Tensor(groups.map { $0.reduce(0, +) }, shape: kept)
      let largest = Tensor(groups.map { $0.max() ?? 0 }, shape: kept)
      let smallest = Tensor(groups.map { $0.min() ?? 0 }, shape: kept)
      let single = Tensor<Float>(converting: values)
      #expect(values.sum(along: axes) == sums, "axes \(axes)")
      #expect(single.sum(along: axes) == Tensor(converting: sums), "axes \(axes)")
      #expect(values.max(along: axes) == largest, "axes \(axes)")
      #expect(single.max(along: axes) == Tensor(converting: largest), "axes \(axes)")
      #expect(single.min(along: axes) == Tensor(converting: smallest), "axes \(axes)")
      if axes.count == 1 {
        let places = Tensor(
          groups.map { group in Int32(group.firstIndex(of: group.max() ?? 0) ?? 0) }, shape: kept)
        #expect(single.argmax(along: axes[0]) == places, "axis \(axes[0])")
      }
    }
  }

  @Test(arguments: [1, 5, 17, 100, 1000, 40_000]) func nanIsTheExtreme(_ count: Int) {
    for place in Set([0, count / 2, count - 1]) {
      var values = Tensor<Float>(arange: 0, to: Float(count))
      values[[place]] = .nan
      #expect(values.max().item.isNaN && values.min().item.isNaN)
      #expect(values.argmax().item == Int32(place))
      let columns = values.expanded(at: 1) + Tensor<Float>(zeros: [1, 3])
      #expect(columns.max(along: 0).isNaN().all())
      #expect(columns.argmin(along: 0) == Tensor(repeating: Int32(place), shape: [3]))
    }
  }

  @Test func infinitiesAreSummed() {
    #expect(Tensor<Float>([1, .infinity]).sum().item == .infinity)
    #expect(Tensor<Float>([-.infinity, .infinity]).sum().item.isNaN)
    #expect(Tensor<Float>([-.infinity, -.infinity]).max().item == -.infinity)
  }

  /// The error of a tree of additions grows with its depth: a million tenths in single precision would be
  /// off by 1 % when added one after the other.
  @Test func longSumsKeepTheirDigits() {
    let tenths = Tensor<Float>(repeating: 0.1, shape: [1_000_000])
    let exact = 1_000_000 * Double(0.1 as Float)
    #expect((Double(tenths.sum().item) / exact - 1).magnitude < 1e-6)
    let columns = tenths.reshaped(250_000, 4).sum(along: 0)
    #expect((Double(columns.scalars[3]) * 4 / exact - 1).magnitude < 1e-6)
  }
}
