import Contrastive
import Foundation
import NN
import Tensor

/// A training whose steps are timed.
enum Training: String, CaseIterable {
  /// SuperCL's whole step, with the making of views and superpixels: width 32, ILCP at 1/4 of the image.
  case supercl
  /// A U-Net's whole step with augmentation: width 32, 5 classes, cross-entropy + Dice, Adam.
  case unet

  /// A training at its first step.
  ///
  /// - Parameters:
  ///   - images: Images of a rank in a step.
  ///   - side: Pixels of a side.
  ///   - communicator: The ranks that train together.
  ///   - sharing: How they share.
  func steps(
    images: Int, side: Int, _ communicator: any Communicator, _ sharing: RankSharing = .init()
  ) throws -> TimedSteps {
    let recipe = TrainingRecipe(steps: 1_000_000, batchSize: images * communicator.count)
    switch self {
    case .supercl:
      var method = SuperCL(patchSize: side)
      method.recipe = recipe
      method.intraLevel = .stage(2)
      let task = try PretrainingTask(method, encoder: .unet(width: 32))
      let data = (0..<recipe.batchSize).map { index in
        PretrainingImage(
          Self.image(side: side, seed: index), position: 0.05 + 0.9 * Double(index) / Double(recipe.batchSize)
        )
      }
      return TimedSteps(try TrainingLoop(task, on: data, communicator: communicator, sharing: sharing))
    case .unet:
      var generator = PhiloxGenerator(seed: 0)
      let network = UNet<Float>(UNetConfiguration(width: 32), classCount: 5, using: &generator)
      let data = (0..<recipe.batchSize).map { index in
        let image = Self.image(side: side, seed: index)
        return LabeledImage(
          image: image, labels: Tensor<Int32>(converting: image.squeezed(at: 2) * 4.99))
      }
      let task = SegmentationTask(
        network, classCount: 5, recipe: recipe, augmentation: VariedAugmentation(),
        optimizer: OptimizerSettings(.adam(), rate: .constant(5e-4), weightDecay: 1e-5))
      return TimedSteps(try TrainingLoop(task, on: data, communicator: communicator, sharing: sharing))
    }
  }

  /// An ellipse with organs and noise, in 0...1.
  private static func image(side: Int, seed: Int) -> Tensor<Float> {
    var generator = PhiloxGenerator(seed: 3, stream: seed)
    let organs = (0..<12).map { _ in
      (0..<5).map { generator.uniform(in: $0 < 2 ? -0.55...0.55 : $0 < 4 ? 0.08...0.35 : 0.15...0.9) }
    }
    let noise = Tensor<Float>(
      normalWithMean: 0, standardDeviation: 0.02, shape: [side, side, 1], using: &generator)
    let clean = Tensor<Float>(
      (0..<side * side).map { place -> Float in
        let (y, x) = (
          2 * Double(place / side) / Double(side) - 1, 2 * Double(place % side) / Double(side) - 1
        )
        var value = x * x + y * y < 0.81 ? 0.25 : 0
        for organ in organs {
          let (dy, dx) = ((y - organ[0]) / organ[2], (x - organ[1]) / organ[3])
          if dy * dy + dx * dx < 1 { value = organ[4] }
        }
        return Float(value)
      }, shape: [side, side, 1])
    return (clean + noise).clamped(to: 0...1)
  }
}

/// Steps of a loop, with their seconds on the rank that reports.
struct TimedSteps {
  /// Takes so many steps; the seconds of each but the first, whose start holds the making of threads and the like. Empty on
  /// ranks that do not report.
  let run: (_ count: Int) throws -> [Double]

  init(_ loop: TrainingLoop<some TrainingTask>) {
    run = { count in
      var marks: [ContinuousClock.Instant] = []
      try loop.run { _ in
        marks.append(.now)
        return marks.count > count ? .stop : .proceed
      }
      return zip(marks.dropFirst(), marks).map { ($0 - $1) / .seconds(1) }
    }
  }
}

func median(_ values: [Double]) -> Double { percentile(values, 0.5) }

func percentile(_ values: [Double], _ share: Double) -> Double {
  guard !values.isEmpty else { return .nan }
  let sorted = values.sorted()
  let place = share * Double(sorted.count - 1)
  let low = Int(place)
  let high = min(low + 1, sorted.count - 1)
  return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
}

/// The processor's name, as Linux says it.
var processorName: String {
  let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    ?? "unknown processor"
}
