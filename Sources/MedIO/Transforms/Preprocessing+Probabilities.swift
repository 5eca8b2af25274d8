public import Tensor

extension Preprocessing.Prepared {
  /// Labels on the grid that preprocessing began with, of the classes' probabilities on that of ``image``.
  ///
  /// Each class is interpolated linearly and the largest wins, the lowest class on a tie. Where the file's voxels are finer
  /// than the network's, borders run between them as the probabilities say; of labels that were chosen first nothing is
  /// known but on which side each of the coarse voxels lies. The two agree where the change is exact, such as another
  /// orientation.
  ///
  /// - Parameters:
  ///   - probabilities: `[depth, height, width, classes]`, as ``image``.
  ///   - background: The class of voxels that preprocessing cut off.
  /// - Precondition: depth, height and width of ``image``; `background` is one of the classes.
  ///
  /// Memory: two volumes of the file's grid beside the labels, whatever the number of classes.
  public func restoredLabels(ofProbabilities probabilities: Tensor<Float>, background: Int = 0)
    -> Volume<Int32>
  {
    shapePrecondition(
      probabilities.rank == 4 && probabilities.shape.removing(axis: -1) == image.grid.shape
        && (0..<probabilities.shape[-1]).contains(background),
      "probabilities \(probabilities.shape) with background \(background) do not fit \(image.grid)")
    let place = Volume(labels: LabelMap(Tensor(zeros: image.grid.shape)), like: image)
    func restoredMap(of index: Int) -> Volume<Float> {
      restored(
        place.with(voxels: probabilities.selected(along: -1, at: index)), interpolation: .linear,
        outside: index == background ? 1 : 0)
    }
    let first = restoredMap(of: 0)
    var best = first.voxels
    var labels = Tensor<Int32>(zeros: best.shape)
    for index in 1..<max(1, probabilities.shape[-1]) {
      let candidate = restoredMap(of: index).voxels
      labels = labels.replacing(with: Int32(index), where: candidate .> best)
      best = best.maximum(candidate)
    }
    return first.with(voxels: labels)
  }
}
