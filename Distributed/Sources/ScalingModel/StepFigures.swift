/// What a training step is like on one rank, as far as more ranks matter: measured on one, or estimated.
///
/// `rank-benchmark figures` prints those of this machine as JSON; a user's own go into the same fields.
public struct StepFigures: Codable, Hashable, Sendable {
  /// What it is of, such as `SuperCL, 16 images of 128 px a rank`.
  public var name: String
  /// Images of a rank in a step.
  public var images: Int
  /// Seconds that one rank computes for a step, without any message.
  public var computeSeconds: Double
  /// The standard deviation of that from step to step: the slowest rank is waited for.
  public var deviationSeconds: Double
  /// The share of the computation behind the first complete gradient, in which gradients can travel: about 1/2.
  public var backwardShare: Double
  /// Bytes of all gradients: 4 for each parameter.
  public var gradientBytes: Double
  /// The most bytes of gradients in one message.
  public var bucketBytes: Double
  /// Bytes of the rows that each rank gathers for its losses, such as embeddings; as many gradients come back.
  public var rowBytes: Double
  /// How many gathers that are.
  public var rowMessages: Int
  /// Norms that share statistics, each with a message forward and one backward; 0 for statistics of each rank.
  public var normMessages: Int
  /// Bytes of such a message.
  public var normBytes: Double
  /// Seconds of the losses that compare all rows with all, for one rank's rows: over n ranks each compares n^2 times as many
  /// pairs. They are part of ``computeSeconds``.
  public var pairSeconds: Double
  /// Batches that are averaged for one update: gradients travel once for all of them.
  public var accumulation: Int

  /// Figures of a step; see the fields.
  public init(
    name: String, images: Int, computeSeconds: Double, deviationSeconds: Double, backwardShare: Double = 0.5,
    gradientBytes: Double, bucketBytes: Double = 4_194_304, rowBytes: Double, rowMessages: Int,
    normMessages: Int,
    normBytes: Double, pairSeconds: Double, accumulation: Int = 1
  ) {
    (self.name, self.images, self.accumulation) = (name, images, accumulation)
    (self.computeSeconds, self.deviationSeconds) = (computeSeconds, deviationSeconds)
    (self.backwardShare, self.gradientBytes, self.bucketBytes) = (backwardShare, gradientBytes, bucketBytes)
    (self.rowBytes, self.rowMessages, self.pairSeconds) = (rowBytes, rowMessages, pairSeconds)
    (self.normMessages, self.normBytes) = (normMessages, normBytes)
  }

  /// The field that is out of range, and why; `nil` when all are in it.
  public var fault: String? {
    let values: [(String, Double, Bool)] = [
      ("images", Double(images), images >= 1), ("computeSeconds", computeSeconds, computeSeconds > 0),
      ("deviationSeconds", deviationSeconds, deviationSeconds >= 0),
      ("backwardShare", backwardShare, (0...1).contains(backwardShare)),
      ("gradientBytes", gradientBytes, gradientBytes >= 0), ("bucketBytes", bucketBytes, bucketBytes >= 1),
      ("rowBytes", rowBytes, rowBytes >= 0), ("rowMessages", Double(rowMessages), rowMessages >= 0),
      ("normMessages", Double(normMessages), normMessages >= 0), ("normBytes", normBytes, normBytes >= 0),
      ("pairSeconds", pairSeconds, pairSeconds >= 0 && pairSeconds <= computeSeconds),
      ("accumulation", Double(accumulation), accumulation >= 1),
    ]
    return values.first { !$0.2 || !$0.1.isFinite }.map { "\($0.0) = \($0.1) is out of range" }
  }
}

/// What ranks speak over.
public struct Network: Codable, Hashable, Sendable {
  /// Such as `10 Gbit/s`.
  public var name: String
  /// Seconds from a send to its receipt, for a message of hardly any bytes.
  public var latency: Double
  /// Bytes a second of one rank, in each direction at once.
  public var bandwidth: Double
  /// Bytes a second that a rank adds up.
  public var addition: Double
  /// Who moves the bytes.
  public var transport: Transport

  /// A network; see the fields.
  public init(name: String, latency: Double, bandwidth: Double, addition: Double, transport: Transport) {
    (self.name, self.latency, self.bandwidth) = (name, latency, bandwidth)
    (self.addition, self.transport) = (addition, transport)
  }

  /// Who moves the bytes of a message.
  public enum Transport: String, Codable, Sendable {
    /// The processor that computes, as between ranks of one machine: nothing travels beside a computation.
    case processor
    /// A network card: gradients travel while the backward pass goes on.
    case card
  }

  /// Ethernet of 10 Gbit/s: 25 microseconds, nine tenths of the line. Assumed, not measured.
  public static let tenGigabit = Network(
    name: "10 Gbit/s", latency: 25e-6, bandwidth: 0.9 * 1.25e9, addition: 4e9, transport: .card)
  /// A fabric of 100 Gbit/s with remote direct memory access: 2 microseconds, nine tenths of the line. Assumed, not measured.
  public static let hundredGigabit = Network(
    name: "100 Gbit/s", latency: 2e-6, bandwidth: 0.9 * 12.5e9, addition: 4e9, transport: .card)

  /// The field that is out of range; `nil` when all are in it.
  public var fault: String? {
    [("latency", latency), ("bandwidth", bandwidth), ("addition", addition)]
      .first { !($0.1 > 0 && $0.1.isFinite) }.map { "\($0.0) = \($0.1) must be positive" }
  }
}
