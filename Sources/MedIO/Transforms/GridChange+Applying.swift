public import Tensor

/// How labels are put on another grid.
public enum LabelInterpolation: Hashable, Sendable {
  /// Every label's mask is interpolated linearly and the largest wins, the lowest label on a tie: smooth
  /// borders, and no label that was not there.
  case oneHotLinear
  /// The label of the nearest voxel.
  case nearest
}

extension Volume where Scalar == Float {
  /// The image on another grid.
  ///
  /// - Parameters:
  ///   - change: what to do; its source must be this volume's grid.
  ///   - interpolation: the formula between voxel centers, where the change is not exact. Making an image smaller
  ///     skips voxels under all but `.area` (which only ``GridChange/size(of:to:coordinates:)`` knows).
  ///   - outside: the value beyond the border; up to half a voxel beyond, the edge value is continued.
  /// - Precondition: ``Volume/grid`` matches `change.source`.
  public func applying(
    _ change: GridChange, interpolation: Interpolation = .linear, outside: Float = 0
  ) -> Volume<Float> {
    switch change.kind {
    case .reorientation, .box: return moved(change, outside: outside)
    case .resizing(let coordinates):
      let lengths = change.result.shape.dimensions
      return finished(
        change, batch(change).resized(to: lengths, interpolation: interpolation, coordinates: coordinates))
    case .resampling:
      if isUnchanged(by: change) { return self }
      let plan = ResamplingPlan(change)
      var voxels = plan.applied(to: batch(change), interpolation: interpolation)
      plan.fillOutside(&voxels, with: outside)
      return finished(change, voxels)
    }
  }
}

extension Volume where Scalar == Int32 {
  /// The labels on another grid: no label appears that was not there, but `background` outside.
  ///
  /// - Parameters:
  ///   - change: what to do; its source must be this volume's grid.
  ///   - interpolation: how a voxel between others chooses its label, where the change is not exact.
  ///   - background: the label beyond the border.
  /// - Precondition: ``Volume/grid`` matches `change.source`.
  public func applying(
    _ change: GridChange, interpolation: LabelInterpolation = .oneHotLinear, background: Int32 = 0
  ) -> Volume<Int32> {
    switch (change.kind, interpolation) {
    case (.reorientation, _), (.box, _): return moved(change, outside: background)
    case (.resizing(let coordinates), .nearest):
      return finished(
        change, batch(change).resizedNearest(to: change.result.shape.dimensions, coordinates: coordinates))
    case (.resampling, .nearest):
      let plan = ResamplingPlan(change)
      var voxels = plan.appliedNearest(to: batch(change))
      plan.fillOutside(&voxels, with: background)
      return finished(change, voxels)
    case (.resizing, .oneHotLinear), (.resampling, .oneHotLinear):
      if isUnchanged(by: change) { return self }
      let plan = ResamplingPlan(change)
      var voxels = plan.appliedOneHot(to: batch(change))
      if change.kind == .resampling { plan.fillOutside(&voxels, with: background) }
      return finished(change, voxels)
    }
  }
}

extension Volume {
  /// The voxels as a batch `[frame, depth, height, width, component]`, after a check of the grid.
  fileprivate func batch(_ change: GridChange) -> Tensor<Scalar> {
    shapePrecondition(
      grid.matches(change.source), "a change of the grid \(change.source) does not fit a volume on \(grid)")
    return voxels.reshaped(frameCount, depth, height, width, componentCount)
  }

  /// Whether a change gives this very volume: what would be copied may be shared.
  fileprivate func isUnchanged(by change: GridChange) -> Bool {
    change.source == grid && change.result == grid
  }

  /// Permuted, cropped or padded voxels of any scalar.
  func moved(_ change: GridChange, outside: Scalar = .zeroValue) -> Volume {
    if isUnchanged(by: change) { return self }
    let batch = batch(change)
    guard case .box(let start) = change.kind else {
      let mapping = AxisMapping(
        from: AnatomicalOrientation(nearest: change.source.affine),
        to: AnatomicalOrientation(nearest: change.result.affine), grid: change.source)
      let result = change.result.shape.dimensions
      let moved = Tensor<Scalar>(shape: TensorShape([frameCount] + result + [componentCount])) { buffer in
        batch.withUnsafeBufferPointer { source in
          mapping.move(
            UnsafeRawBufferPointer(source), to: UnsafeMutableRawBufferPointer(buffer), frames: frameCount,
            elementByteCount: MemoryLayout<Scalar>.size * componentCount)
        }
      }
      return finished(change, moved)
    }
    let lengths = change.source.shape.dimensions
    let wanted = change.result.shape.dimensions
    let kept = (0..<3).map { axis -> Range<Int> in
      let lower = min(max(0, start[axis]), lengths[axis])
      return lower..<max(lower, min(lengths[axis], start[axis] + wanted[axis]))
    }
    guard !kept.contains(where: \.isEmpty) else {
      // The box lies beside the volume.
      return finished(
        change, Tensor(repeating: outside, shape: TensorShape([frameCount] + wanted + [componentCount])))
    }
    let padding = (0..<3).map { axis in
      PaddingAmount(
        before: kept[axis].lowerBound - start[axis],
        after: start[axis] + wanted[axis] - kept[axis].upperBound)
    }
    let box = batch.cropped(to: [0..<frameCount] + kept + [0..<componentCount])
    return finished(change, box.padded([.none] + padding + [.none], border: .constant(outside)))
  }

  /// The volume of a changed batch.
  fileprivate func finished(_ change: GridChange, _ batch: Tensor<Scalar>) -> Volume {
    let lengths = Array(voxels.shape.dimensions.prefix(rank - 3)) + change.result.shape.dimensions
    let voxels = batch.reshaped(lengths + (componentCount > 1 ? [componentCount] : []))
    var result = Volume(voxels: voxels, affine: change.result.affine, componentCount: componentCount)
    result.header = header
    result.extensions = extensions
    result.warnings = warnings
    if !change.isExact && affine.isSheared && !warnings.contains(.shearedAffine) {
      result.warnings.append(.shearedAffine)
    }
    return result
  }
}
