import Foundation
import Tensor
import Testing

@Suite(.serialized) struct ProfilerTests {
  static let profile = Profile(
    events: [
      // Inside "step" from 1 ms to 9 ms: a 2 ms product at 2 ms, itself with 0.5 ms inside, and one at 5 ms.
      ProfileEvent(name: "inner", thread: 7, start: 0.0025, seconds: 0.0005, flops: 0, bytes: 0),
      ProfileEvent(name: "product", thread: 7, start: 0.002, seconds: 0.002, flops: 4_000_000, bytes: 1_000),
      ProfileEvent(name: "product", thread: 7, start: 0.005, seconds: 0.002, flops: 4_000_000, bytes: 1_000),
      ProfileEvent(name: "step", thread: 7, start: 0.001, seconds: 0.008, flops: 0, bytes: 0),
      // Another thread at the same time is inside nothing.
      ProfileEvent(name: "product", thread: 8, start: 0.003, seconds: 0.001, flops: 2_000_000, bytes: 500),
    ], seconds: 0.01)

  @Test func timeOfItsOwnLeavesOutCallsInside() throws {
    let rows = Dictionary(uniqueKeysWithValues: Self.profile.rows.map { ($0.name, $0) })
    let product = try #require(rows["product"])
    #expect(product.calls == 3)
    #expect((product.seconds - 0.005).magnitude < 1e-12)
    #expect((product.ownSeconds - 0.0045).magnitude < 1e-12)
    #expect((try #require(rows["step"]).ownSeconds - 0.004).magnitude < 1e-12)
    #expect((try #require(rows["inner"]).ownSeconds - 0.0005).magnitude < 1e-12)
    // 10^7 operations in 5 ms are 2 GFLOP/s.
    #expect((product.gigaflopsPerSecond - 2).magnitude < 1e-9)
    #expect(Self.profile.rows.map(\.name) == ["product", "step", "inner"])
  }

  @Test func tableAndTrace() throws {
    let lines = Self.profile.description.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[1].hasPrefix("product") && lines[1].contains("2.00"))
    struct Trace: Decodable {
      struct Event: Decodable {
        let name, ph: String
        let tid: Int
        let ts, dur: Double
      }
      let traceEvents: [Event]
    }
    let trace = try JSONDecoder().decode(Trace.self, from: Data(Self.profile.chromeTrace.utf8))
    #expect(trace.traceEvents.map(\.name) == ["inner", "product", "product", "step", "product"])
    #expect(trace.traceEvents.map(\.tid) == [0, 0, 0, 0, 1])
    #expect((trace.traceEvents[3].dur - 8000).magnitude < 1e-6)
    #expect(Profile(events: [], seconds: 0).rows.isEmpty)
  }

  /// In a process of its own: other tests would leave events.
  @Test func recordsOperatorsWhileItRuns() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor<Float>(ones: [1, 4, 4, 2])
      _ = x.batchNorm()
      Profiler.start()
      let outer = Profiler.measure("outer", flops: 10, bytes: 20) { x.maxPool(PoolingWindow([2, 2])) }
      _ = outer.batchNorm()
      let profile = Profiler.stop()
      _ = x.batchNorm()
      let names = profile.events.map(\.name)
      #expect(names == ["maxPool", "outer", "batchNorm"])
      #expect(profile.events[1].flops == 10 && profile.events[1].bytes == 20)
      #expect(profile.events.allSatisfy { $0.seconds >= 0 && $0.start >= 0 })
      #expect(profile.seconds >= profile.events[1].seconds)
      #expect(Profiler.stop().events.isEmpty)
    }
  }

  /// Each kind of operator leaves a row under its name; the operations are those of the definition.
  @Test func operatorsLeaveRows() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor<Float>(ones: [1, 8, 8, 4])
      let weight = Tensor<Float>(ones: [3, 3, 4, 6])
      Profiler.start()
      let y = x.conv2D(weight, padding: 1)
      _ = y.conv2DDataGradient(weight, inputShape: x.shape, padding: 1)
      _ = x.conv2DWeightGradient(y, kernelSize: 3, padding: 1)
      _ = y.convolutionBiasGradient()
      _ = x.transposedConv2D(Tensor(ones: [2, 2, 4, 3]), stride: 2)
      _ = x.reshaped([64, 4]).matmul(Tensor(ones: [4, 5]))
      _ = (x + x).exp().relu().sum()
      _ = x.softmax(along: -1).transposed(1, 2)
      let rows = Dictionary(uniqueKeysWithValues: Profiler.stop().rows.map { ($0.name, $0) })
      let products = 2 * 64 * 9 * 4 * 6
      for part in ["", " data gradient", " weight gradient"] {
        let row = rows["convolution\(part) 3x3 4->6 at 8x8"]
        #expect(row?.calls == 1 && row?.flops == products, "\(rows.keys)")
      }
      #expect(rows["transposed convolution 2x2 4->3 at 16x16"]?.flops == 2 * 64 * 4 * 4 * 3)
      #expect(rows["matmul"]?.flops == 2 * 64 * 4 * 5)
      for name in ["channel sum", "+", "exp", "relu", "sum", "softmax", "copy"] {
        #expect(rows[name] != nil, "\(name) is not in \(rows.keys)")
      }
    }
  }
}
