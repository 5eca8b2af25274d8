import Contrastive
import Foundation
import NN
import Tensor

/// What `report.json` holds.
struct PretrainReport: Encodable {
  let method: String
  let source: String
  let preset: String
  let settings: AnySettings
  let encoder: Encoder
  let data: Data
  let notes: [String]
  /// Steps in all, and the images of each.
  let steps: Int
  let imagesPerStep: Int
  /// The terms of each step, in the order of the steps; null where one is not a number.
  var terms: [Term] = []
  var learningRates: [Double] = []
  /// How many steps had a warning, by the first sentence of its kind.
  var stepWarnings: [String: Int] = [:]
  /// The encoder's averaged features before and behind the training; `nil` until they are looked at.
  var featuresBefore: FeatureFigures?
  var featuresAfter: FeatureFigures?
  /// Of this run; of a resumed training the part since it was resumed.
  var seconds = 0.0
  var peakMiB = 0.0

  /// A term of every step.
  struct Term: Encodable {
    let name: String
    let values: [Double?]

    /// The mean of the numbers among the first or the last tenth of the steps.
    func mean(ofLast: Bool) -> Double? {
      let length = max(1, values.count / 10)
      let known = (ofLast ? values.suffix(length) : values.prefix(length)).compactMap(\.self)
      return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    /// Whether it tells of embeddings or groups, not of what is minimised.
    var isFigure: Bool { Self.figures.contains(name) }
    private static let figures: Set = [
      "spread", "accuracy", "prototypes", "components", "positives", "entropy", "momentum", "similarity",
      "imagePositives", "pixelPositives", "positiveSimilarity", "negativeSimilarity",
    ]
  }

  struct Encoder: Encodable {
    let widths: [Int]
    let parameters: Int
  }

  struct Data: Encodable {
    let images: [String]
    let dimensions: Int
    let volumes: Int
    /// Slices or volumes that are trained on.
    let slices: Int
    let leftOut: Int
    let smallest: [Int]
    let largest: [Int]
    let plane: String
    let intensity: String
    let spacing: Double?
  }

  /// The method's numbers, of whichever type it is.
  struct AnySettings: Encodable {
    let value: any Encodable & Sendable
    let text: String
    func encode(to encoder: any Swift.Encoder) throws { try value.encode(to: encoder) }
  }

  init<Method: PublishedMethod>(
    _ request: PretrainRequest, _ task: PretrainingTask<Method>, _ slices: some PreparedImages
  ) {
    method = Method.name
    source = Method.source
    preset = request.preset.rawValue
    settings = AnySettings(value: task.method, text: task.method.settingsJSON())
    encoder = Encoder(
      widths: (0..<request.levels).map { request.width << $0 }, parameters: task.encoder.parameterCount)
    data = Data(
      images: request.images, dimensions: request.dimensions, volumes: slices.volumeCount,
      slices: slices.count, leftOut: slices.leftOut,
      smallest: slices.sizes.smallest, largest: slices.sizes.largest, plane: request.plane.rawValue,
      intensity: "\(request.intensity)", spacing: request.spacing)
    notes = slices.notes + task.notes
    steps = task.recipe.steps
    imagesPerStep = task.recipe.batchSize * task.recipe.accumulation
  }

  /// Takes what the log has of every step.
  mutating func add(_ log: [TrainingLog.Entry]) {
    var names: [String] = []
    for term in log.flatMap(\.terms) where !names.contains(term.name) { names.append(term.name) }
    terms = names.map { name in
      Term(
        name: name,
        values: log.map { entry in
          entry.terms.first { $0.name == name }.flatMap { $0.value.isFinite ? $0.value : nil }
        })
    }
    learningRates = log.map { $0.learningRates.first ?? 0 }
    var kinds: [String: (first: String, count: Int)] = [:]
    for entry in log {
      for warning in Dictionary(grouping: entry.warnings, by: \.kind).compactMap(\.value.first) {
        kinds[warning.kind, default: (warning.message, 0)].count += 1
      }
    }
    stepWarnings = Dictionary(kinds.values.map { ($0.first, $0.count) }, uniquingKeysWith: +)
  }

  // MARK: Sentences

  /// What a person should know about the training.
  var warnings: [String] {
    var lines = stepWarnings.sorted { $0.key < $1.key }.map { "\($0.value) of \(steps) steps: \($0.key)" }
    if let spread = terms.first(where: { $0.name == "spread" })?.mean(ofLast: true), spread < 0.1 {
      lines.append(
        String(format: "the spread of the embeddings is %.3f at the end: they have collapsed", spread))
    }
    if steps > 0, let before = featuresBefore?.spread, let after = featuresAfter?.spread, after < 0.1 * before
    {
      lines.append(
        String(
          format:
            "the spread of the encoder's features fell from %.3f to %.3f: it hardly tells \(data.dimensions == 2 ? "slices" : "parts of volumes") apart",
          before, after))
    }
    return lines
  }

  /// For the terminal.
  var summary: String {
    let changes = terms.compactMap { term -> String? in
      guard let first = term.mean(ofLast: false), let last = term.mean(ofLast: true) else { return nil }
      return String(format: "  %@: %.4g at first, %.4g at the end", term.name, first, last)
    }
    let features = [("spread", \FeatureFigures.spread), ("effective rank", \FeatureFigures.effectiveRank)]
      .compactMap {
        name, figure -> String? in
        guard let before = featuresBefore?[keyPath: figure], let after = featuresAfter?[keyPath: figure]
        else {
          return nil
        }
        return String(
          format: "  %@ of the encoder's features: %.4g at first, %.4g at the end", name, before, after)
      }
    return (["\(method), \(steps) steps of \(imagesPerStep) images"] + changes + features)
      .joined(separator: "\n")
  }
}
