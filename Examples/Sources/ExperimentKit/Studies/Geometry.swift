import Contrastive

extension Study {
  /// Check 3: what it is worth that no pixel of the fixed views moves.
  public static func geometry(_ settings: ExperimentSettings) throws -> Study {
    let methods = [
      ExperimentSettings.scratch, settings.superCLItself,
      try settings.variant("moved, maps with them") {
        $0.fixedViewGeometry = .mapsWarped($0.variedAugmentation)
      },
      try settings.variant("moved, maps left behind") {
        $0.fixedViewGeometry = .mapsUnwarped($0.variedAugmentation)
      },
      try settings.variant("mirrors of the release") { $0.fixedViewMirrors = .withVariedViews },
    ]
    return Study(
      "geometry", title: "Fixed views that move",
      question:
        "Does spatial change inside T_fix help, harm, or make no difference, with and without the maps moved in step?",
      settings.ablation(methods, baselines: [Scratch.name, SuperCL.name]),
      notes: [
        "Moved views take the mirrors and warps of T_var. The released code mirrors each fixed view by itself for CHD, KiTS and ISIC."
      ])
  }
}
