public import NN
import Tensor

extension ParameterNameMap {
  /// The names of the SuperCL authors' released code, for its pre-training and its segmentation checkpoints alike.
  ///
  ///     let network = SuperCLNetwork<Float>(using: &generator)
  ///     try network.load(from: url, renaming: .superCLReleased())
  ///
  /// | released | here |
  /// |---|---|
  /// | `encoder.contr_{i + 1}_{j}.0`, `.1` | `encoder.stages.{i}.conv{j}`, `.norm{j}` |
  /// | `encoder.center.0`, `.2` | `encoder.center.conv1`, `.conv2` |
  /// | `head.2`, `.4` | `projector.fc1`, `.fc2` |
  /// | `decoder.upscale{n + 1 - i}` | `decoder.stages.{i}.up` |
  /// | `decoder.expand_{n - i}_{j}.0`, `.1` | `decoder.stages.{i}.conv{j}`, `.norm{j}` |
  /// | `decoder.head.0` | `head` |
  ///
  /// Their decoder counts its n stages from the full resolution up, ours in the order of computation.
  ///
  /// Source: network/unet2d.py of the released code (https://github.com/stevezs315/SuperCL, commit 9361bcb), which has
  /// four stages; the names of other depths follow its pattern.
  ///
  /// - Parameter stageCount: n, the stages of the encoder above its center, at least 1.
  public static func superCLReleased(stageCount: Int = 4) -> ParameterNameMap {
    shapePrecondition(stageCount >= 1, "an encoder has at least one stage, not \(stageCount)")
    var prefixes = [
      (file: "encoder.center.0", module: "encoder.center.conv1"),
      (file: "encoder.center.2", module: "encoder.center.conv2"),
      (file: "head.2", module: "projector.fc1"), (file: "head.4", module: "projector.fc2"),
      (file: "decoder.head.0", module: "head"),
    ]
    for stage in 0..<stageCount {
      prefixes.append(
        (file: "decoder.upscale\(stageCount + 1 - stage)", module: "decoder.stages.\(stage).up"))
      for layer in 1...2 {
        for (part, name) in ["conv", "norm"].enumerated() {
          prefixes += [
            (
              file: "encoder.contr_\(stage + 1)_\(layer).\(part)",
              module: "encoder.stages.\(stage).\(name)\(layer)"
            ),
            (
              file: "decoder.expand_\(stageCount - stage)_\(layer).\(part)",
              module: "decoder.stages.\(stage).\(name)\(layer)"
            ),
          ]
        }
      }
    }
    return ParameterNameMap(prefixes)
  }
}
