/// One call of an operator in a ``Profile``.
public struct ProfileEvent: Sendable, Hashable {
  /// The operator.
  public let name: String
  /// The thread that called it; a number without further meaning.
  public let thread: UInt
  /// Seconds from the start of the recording.
  public let start: Double
  /// How long the call took, calls inside it included.
  public let seconds: Double
  /// Floating-point operations by the operator's definition.
  public let flops: Int
  /// Bytes of operands and results.
  public let bytes: Int

  package init(name: String, thread: UInt, start: Double, seconds: Double, flops: Int, bytes: Int) {
    self.name = name
    self.thread = thread
    self.start = start
    self.seconds = seconds
    self.flops = flops
    self.bytes = bytes
  }
}

/// What ``Profiler`` recorded: the calls of instrumented operators, as a list, a table or a trace.
public struct Profile: Sendable, CustomStringConvertible {
  /// The calls, in the order in which they ended.
  public let events: [ProfileEvent]
  /// Seconds from start to stop.
  public let seconds: Double
  /// Calls beyond the first million, which were not kept.
  public let droppedEventCount: Int

  package init(events: [ProfileEvent], seconds: Double, droppedEventCount: Int = 0) {
    self.events = events
    self.seconds = seconds
    self.droppedEventCount = droppedEventCount
  }

  /// All calls of one operator together.
  public struct Row: Sendable, Hashable {
    /// The operator.
    public let name: String
    /// How often it ran.
    public let calls: Int
    /// Time in the operator, calls inside it included.
    public let seconds: Double
    /// Time in the operator itself, without instrumented calls inside it on the same thread. These add up to
    /// at most the time of the threads.
    public let ownSeconds: Double
    /// Floating-point operations of all calls together, as far as they are known.
    public let flops: Int
    /// Bytes that all calls together read and wrote, as far as they are known.
    public let bytes: Int
    /// 10^9 floating-point operations a second, 0 where no operations are counted.
    public var gigaflopsPerSecond: Double { seconds > 0 ? Double(flops) * 1e-9 / seconds : 0 }
    /// 10^9 bytes a second.
    public var gigabytesPerSecond: Double { seconds > 0 ? Double(bytes) * 1e-9 / seconds : 0 }
  }

  /// One row for each operator, that with the most time of its own first.
  public var rows: [Row] {
    var sums: [String: (calls: Int, seconds: Double, own: Double, flops: Int, bytes: Int)] = [:]
    for (event, own) in zip(events, ownSeconds) {
      var sum = sums[event.name] ?? (0, 0, 0, 0, 0)
      sum.calls += 1
      sum.seconds += event.seconds
      sum.own += own
      sum.flops += event.flops
      sum.bytes += event.bytes
      sums[event.name] = sum
    }
    return sums.map {
      Row(
        name: $0.key, calls: $0.value.calls, seconds: $0.value.seconds, ownSeconds: $0.value.own,
        flops: $0.value.flops, bytes: $0.value.bytes)
    }.sorted { ($0.ownSeconds, $1.name) > ($1.ownSeconds, $0.name) }
  }

  /// Each event's time less that of the events directly inside it on its thread.
  private var ownSeconds: [Double] {
    var own = events.map(\.seconds)
    let byThread = Dictionary(grouping: events.indices) { events[$0].thread }
    for indices in byThread.values {
      // By start, the longer of two that start together first: an event follows those that contain it.
      let ordered = indices.sorted {
        (events[$0].start, -events[$0].seconds) < (events[$1].start, -events[$1].seconds)
      }
      var open: [Int] = []
      for index in ordered {
        while let last = open.last, events[last].start + events[last].seconds <= events[index].start {
          open.removeLast()
        }
        if let parent = open.last { own[parent] -= events[index].seconds }
        open.append(index)
      }
    }
    return own
  }

  /// A table: operator, calls, milliseconds in all and of its own, share, GFLOP/s, GB/s, megabytes.
  public var description: String {
    let header = ["operator", "calls", "ms", "own ms", "own %", "GFLOP/s", "GB/s", "MB"]
    let lines = rows.map { row in
      [
        row.name, "\(row.calls)", decimal(row.seconds * 1e3), decimal(row.ownSeconds * 1e3),
        decimal(seconds > 0 ? 100 * row.ownSeconds / seconds : 0),
        row.flops > 0 ? decimal(row.gigaflopsPerSecond) : "",
        row.bytes > 0 ? decimal(row.gigabytesPerSecond) : "",
        row.bytes > 0 ? decimal(Double(row.bytes) * 1e-6) : "",
      ]
    }
    let table = [header] + lines
    let widths = header.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    var text = table.map { line in
      zip(line, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }.joined(separator: "\n")
    text += "\nin \(decimal(seconds * 1e3)) ms"
    if droppedEventCount > 0 { text += ", \(droppedEventCount) further calls not kept" }
    return text
  }

  /// The events as a trace in Chrome's format (JSON), for chrome://tracing or Perfetto.
  public var chromeTrace: String {
    var numbers: [UInt: Int] = [:]
    let lines = events.map { event in
      let thread = numbers[event.thread] ?? numbers.count
      numbers[event.thread] = thread
      return #"{"name":"\#(escaped(event.name))","cat":"operator","ph":"X","pid":1,"tid":\#(thread),"#
        + #""ts":\#(event.start * 1e6),"dur":\#(event.seconds * 1e6),"#
        + #""args":{"flops":\#(event.flops),"bytes":\#(event.bytes)}}"#
    }
    return #"{"displayTimeUnit":"ms","traceEvents":["# + "\n" + lines.joined(separator: ",\n") + "\n]}\n"
  }

  /// Two digits behind the point.
  private func decimal(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    return (hundredths < 0 ? "-" : "") + "\(whole)." + (rest < 10 ? "0" : "") + "\(rest)"
  }

  private func escaped(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      default: scalar.value < 0x20 ? " " : String(scalar)
      }
    }.joined()
  }
}
