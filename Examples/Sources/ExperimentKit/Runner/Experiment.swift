public import RunKit

/// A question with the runs that answer it: what a subcommand of `experiments` does.
public protocol Experiment {
  init(_ work: ExperimentWork)
  /// What it works with.
  var work: ExperimentWork { get }
  /// Does what is not done yet, and writes rows, tables, figures and page.
  ///
  /// - Throws: ``Interruption``, ``ExampleFailure``, what training throws.
  func run() throws
}

/// What every experiment works with.
public struct ExperimentWork {
  /// All that decides the runs.
  public let settings: ExperimentSettings
  /// Where images lie.
  public let folders: DataFolders
  /// Where results go.
  public let folder: ExperimentFolder
  /// Whom to tell.
  public let progress: RunProgress

  /// Settings, where images lie, where results go, and whom to tell.
  public init(
    _ settings: ExperimentSettings, folders: DataFolders, in folder: ExperimentFolder, progress: RunProgress
  ) {
    (self.settings, self.folders, self.folder, self.progress) = (settings, folders, folder, progress)
  }
}

extension Experiment {
  var settings: ExperimentSettings { work.settings }
  var folders: DataFolders { work.folders }
  var folder: ExperimentFolder { work.folder }
  var progress: RunProgress { work.progress }
}
