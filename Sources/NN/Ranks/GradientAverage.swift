import Autograd
import Tensor

/// Averages gradients over ranks, in buckets that travel while the rest of the backward pass is still computed.
///
/// Buckets hold parameters in the reverse order of their registration, about that in which gradients are complete, and are sent
/// in one order on all ranks, whatever the order in which they fill. Behind the gradients travels a flag for each, so that
/// a parameter without a gradient on any rank stays without one; one that has it on some ranks counts as 0 on the others.
final class GradientAverage {
  private let parameters: [Parameter<Float>]
  private let ranks: Ranks
  private let buckets: [[Int]]
  /// The bucket of each parameter, and whether its gradient is complete.
  private var bucketOfPlace: [Int] = []
  private var missing: [Int] = []
  private var pending: [PendingSum<Float>] = []
  private var failure: CommunicationError?

  /// The variables to watch.
  var leaves: [Variable<Float>] { parameters.map(\.variable) }

  init(_ parameters: [Parameter<Float>], ranks: Ranks, bucketBytes: Int) {
    self.parameters = parameters.filter { !$0.isFrozen }
    self.ranks = ranks
    var buckets: [[Int]] = []
    var room = 0
    for place in self.parameters.indices.reversed() {
      let size = self.parameters[place].shape.elementCount
      if buckets.isEmpty || size > room {
        buckets.append([])
        room = bucketBytes / MemoryLayout<Float>.stride
      }
      buckets[buckets.count - 1].append(place)
      room -= size
    }
    self.buckets = buckets
    missing = buckets.map(\.count)
    bucketOfPlace = Array(repeating: 0, count: self.parameters.count)
    for (bucket, places) in buckets.enumerated() { for place in places { bucketOfPlace[place] = bucket } }
  }

  /// Notes that a gradient is complete, and sends what can go.
  func isReady(_ place: Int) {
    missing[bucketOfPlace[place]] -= 1
    while pending.count < buckets.count, missing[pending.count] == 0, failure == nil { send() }
    // Engines that work within calls alone get some here.
    for sum in pending { sum.advance() }
  }

  /// Sends the rest, and puts the means in the gradients' places.
  func finish() throws {
    while pending.count < buckets.count, failure == nil { send() }
    if let failure { throw failure }
    for (places, sum) in zip(buckets, pending) { unpack(try sum.finish(), places) }
  }

  /// Begins the sum of the next bucket: gradients over the number of ranks, then a flag for each.
  private func send() {
    let places = buckets[pending.count]
    let scale = 1 / Float(ranks.count)
    let count = places.reduce(0) { $0 + parameters[$1].shape.elementCount }
    let values = Tensor<Float>(shape: [count + places.count]) { target in
      var start = 0
      for (number, place) in places.enumerated() {
        let size = parameters[place].shape.elementCount
        let own = UnsafeMutableBufferPointer(rebasing: target[start..<start + size])
        if let gradient = parameters[place].gradient {
          gradient.withUnsafeBufferPointer { source in
            for index in 0..<size { own[index] = source[index] * scale }
          }
          target[count + number] = 1
        } else {
          own.update(repeating: 0)
          target[count + number] = 0
        }
        start += size
      }
    }
    do throws(CommunicationError) {
      pending.append(try ranks.communicator.startSum(values))
    } catch {
      failure = error
    }
  }

  private func unpack(_ sum: Tensor<Float>, _ places: [Int]) {
    var start = 0
    let flags = sum.shape[0] - places.count
    for (number, place) in places.enumerated() {
      let size = parameters[place].shape.elementCount
      // Parts along the first axis share the sum's buffer.
      parameters[place].gradient =
        sum[flags + number].item > 0
        ? sum.sliced(along: 0, start..<start + size).reshaped(parameters[place].shape) : nil
      start += size
    }
  }
}
