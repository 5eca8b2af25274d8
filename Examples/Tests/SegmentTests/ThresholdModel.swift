import Foundation
import NN
import Tensor

/// A model's file whose network finds every voxel brighter than one half and looks at no other: what it gives is known.
///
/// Of all weights few are not 0: the image goes unchanged through the first level and the skip connection beside it, a second
/// channel is 1 everywhere, and the head compares the two. `width` must be at least 2.
enum ThresholdModel {
  static func write(
    to url: URL, dimensions: Int, widths: [Int] = [2, 2, 2], window: [Int], label: Int32 = 7,
    change: (inout [String: Any]) -> Void = { _ in }
  ) throws {
    var generator = RandomKey(seed: 1).generator
    let configuration = UNetConfiguration(widths: widths)
    var file =
      dimensions == 2
      ? pass(UNet<Float>(configuration, classCount: 2, using: &generator), dimensions, widths)
      : pass(UNet3D<Float>(configuration, classCount: 2, using: &generator), dimensions, widths)
    var description: [String: Any] = [
      "format": 1, "dimensions": dimensions, "widths": widths, "orientation": "RAS",
      "classes": [["name": "background", "label": 0], ["name": "bright, \"very\"", "label": Int(label)]],
      "spacing": [NSNull(), NSNull(), NSNull()], "intensity": "0...1", "notFinite": NSNull(),
      "window": window,
      "overlap": 0.5, "mirrors": [String](),
    ]
    change(&description)
    file.metadata["supercl.segment"] = String(
      decoding: try JSONSerialization.data(withJSONObject: description, options: .sortedKeys), as: UTF8.self)
    try file.write(to: url)
  }

  private static func pass(_ network: any Layer<Float>, _ dimensions: Int, _ widths: [Int]) -> Safetensors {
    let parameters = Dictionary(
      uniqueKeysWithValues: network.namedParameters.map { ($0.name, $0.parameter) })
    for (name, parameter) in parameters where !name.contains("norm") {
      parameter.value = Tensor(zeros: parameter.shape)
    }
    let last = "decoder.stages.\(widths.count - 2)"
    /// Lets channel `input` of a convolution through to channel 0.
    func open(_ name: String, input: Int) {
      guard let parameter = parameters[name] else { return }
      var value = parameter.value
      value.replaceBox(
        at: [Int](repeating: 1, count: dimensions) + [input, 0],
        with: Tensor(repeating: 1, shape: TensorShape([Int](repeating: 1, count: dimensions + 2))))
      parameter.value = value
    }
    open("encoder.stages.0.conv1.weight", input: 0)
    open("encoder.stages.0.conv2.weight", input: 0)
    open("\(last).conv1.weight", input: widths[0])
    open("\(last).conv2.weight", input: 0)
    // Channel 1 is 1; class 0 scores half of it, class 1 the image.
    parameters["\(last).norm2.bias"]?.value = Tensor([0, 1] + [Float](repeating: 0, count: widths[0] - 2))
    if let head = parameters["head.weight"] {
      var weights = [Float](repeating: 0, count: 2 * widths[0])
      weights[1] = 1  // class 1 from channel 0
      weights[2] = 0.5  // class 0 from channel 1
      head.value = Tensor(weights, shape: head.shape)
    }
    return network.state()
  }
}
