import Contrastive

extension Study {
  /// Which of the three losses gives what: each alone, in pairs, and all.
  public static func terms(_ settings: ExperimentSettings) throws -> Study {
    let own = try settings.superCL().weights
    func only(_ name: String, instance: Bool = false, intra: Bool = false, inter: Bool = false) throws
      -> MethodChoice
    {
      try settings.variant(name) {
        $0.weights = SuperCL.Weights(
          instance: instance ? own.instance : 0, intra: intra ? own.intra : 0, inter: inter ? own.inter : 0)
      }
    }
    let methods = [
      ExperimentSettings.scratch,
      try only("L_ins", instance: true),
      try only("L_intra", intra: true),
      try only("L_inter", inter: true),
      try only("L_ins + L_intra", instance: true, intra: true),
      try only("L_ins + L_inter", instance: true, inter: true),
      try only("L_intra + L_inter", intra: true, inter: true),
      settings.superCLItself,
    ]
    return Study(
      "terms", title: "Which loss gives what",
      question: "What do L_ins, L_intra and L_inter give alone, in pairs and together?",
      settings.ablation(methods, baselines: [Scratch.name, SuperCL.name]),
      notes: ["Terms that are left out have the weight 0; the others keep theirs."])
  }
}
