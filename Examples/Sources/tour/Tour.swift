import Foundation
import NN

/// Every module in about ten lines: the examples of the README, run on the CT in Examples/Data.
@main
enum Tour {
  static func main() throws {
    let data = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Data/abdomen_ct")
      .standardizedFileURL
    let folder = FileManager.default.temporaryDirectory.appending(path: "tour-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: data, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    guard FileManager.default.changeCurrentDirectoryPath(folder.path) else {
      throw CocoaError(.fileNoSuchFile)
    }
    try tensorTour()
    autogradTour()
    try networkTour()
    try superpixelTour()
    contrastiveTour()
    try medicalFilesTour()
    metricsTour()
    try pretrainingTour()
  }
}

/// Three steps of a pre-training in place of all: enough to see that it runs and warns of nothing.
func tourControl(_ progress: TrainingProgress) -> TrainingControl { progress.step < 3 ? .proceed : .stop }
