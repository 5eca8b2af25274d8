import Contrastive
import ExampleSupport
import Foundation
import NN
package import RunKit
import Tensor

/// What a step of SuperCL costs on a data set's images: time and memory, without regard to what is learned.
package struct StepCostRun: ExperimentRun {
  package static let kind = "step-cost"

  /// SuperCL's numbers, all of them.
  package let settings: JSONTree
  package let data: DataIdentity
  package let width: Int
  /// Steps measured, behind one that is not.
  package let steps: Int

  package struct Result: Codable, Sendable {
    /// The median over the steps, on the processors of the row.
    package let secondsPerStep: Double
    /// The most that tensors held during a step, above what network and optimiser hold between steps, in MiB.
    package let peakMiB: Double
    /// Rows that ILCP compares with each other, of one image: both views' pixels.
    package let rows: Int
    /// Channels of a row.
    package let channels: Int
  }
}

struct StepCost {
  /// The run of a method.
  static func run(_ method: SuperCL, _ data: ExperimentData, width: Int, steps: Int = 5) throws -> StepCostRun
  {
    var method = method
    // Neither length nor seed changes what a step costs.
    (method.recipe.steps, method.recipe.seed) = (steps + 1, 1)
    return StepCostRun(
      settings: try method.settingsTree(),
      data: data.identity, width: width, steps: steps)
  }

  /// Trains a few steps and measures them.
  ///
  /// - Throws: ``Interruption``; what training throws.
  static func result(
    of run: StepCostRun, _ data: ExperimentData, report: (TrainingProgress) -> TrainingControl
  ) throws -> StepCostRun.Result {
    let method = try SuperCL.small.replacingSettings(from: CanonicalJSON.data(of: run.settings))
    let task = try PretrainingTask(method, encoder: .unet(width: run.width))
    let loop = try TrainingLoop(task, on: ArrayDataset(data.pretrainingImages()))
    var seconds: [Double] = []
    var (start, held, peak) = (ContinuousClock.now, 0, 0)
    TensorMemory.resetPeak()
    let outcome = try loop.run { progress in
      if progress.step > 1 {
        seconds.append((ContinuousClock.now - start) / .seconds(1))
        peak = max(peak, TensorMemory.peakBytes - held)
      }
      held = TensorMemory.activeBytes
      TensorMemory.resetPeak()
      start = .now
      return report(progress)
    }
    if outcome == .stopped { throw Interruption() }
    let sorted = seconds.sorted()
    let fitted = task.method
    let levels = EncoderBlueprint.unet(width: run.width).encoderDescription.levels
    let level = levels[fitted.intraPlace(of: levels.count)]
    let sides = zip(fitted.patchSize.sides(axes: 2) ?? [], level.stride).map { $0 / $1 }
    let pixels: Int
    switch fitted.pixelSampling {
    case .flat(let stride): pixels = (sides.reduce(1, *) + stride - 1) / stride
    case .grid(let stride): pixels = sides.reduce(1) { $0 * (($1 + stride - 1) / stride) }
    }
    return StepCostRun.Result(
      secondsPerStep: sorted.isEmpty ? 0 : sorted[sorted.count / 2], peakMiB: Double(peak) / 1_048_576,
      rows: 2 * pixels, channels: level.channels)
  }
}

/// What the similarities of all rows with each other, 32 bits each, would hold were they stored, in MiB.
func similarityMatrixMiB(rows: Int) -> Double { Double(rows) * Double(rows) * 4 / 1_048_576 }
