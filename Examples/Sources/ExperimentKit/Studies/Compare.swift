extension Study {
  /// Methods x shares of labelled patients x seeds x protocols.
  public static func compare(_ settings: ExperimentSettings) -> Study {
    Study(
      "compare", title: "What pre-training gives",
      question:
        "Does pre-training raise Dice with few labelled patients, by how much, and when in the training?",
      settings.compare)
  }
}
