import ExampleSupport
public import Foundation

/// Where files that experiments name lie.
public struct DataFolders: Sendable {
  /// Those that come with the examples.
  public let kept: URL
  /// Those that `Examples/fetch-data.sh` got.
  public let fetched: URL

  /// - Parameter fetched: The folder of fetched files; Examples/Data/fetched unless given.
  public init(fetched: URL? = nil) {
    kept =
      URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Data")
      .standardizedFileURL
    self.fetched = fetched ?? kept.appending(path: "fetched")
  }

  /// What a path of the settings leads to.
  ///
  /// - Throws: ``ExampleFailure`` (66): nothing is there; for fetched files the message says how to get them.
  func url(_ path: String) throws(ExampleFailure) -> URL {
    for (prefix, folder) in [("kept/", kept), ("fetched/", fetched)] where path.hasPrefix(prefix) {
      let url = folder.appending(path: String(path.dropFirst(prefix.count)))
      guard FileManager.default.fileExists(atPath: url.path) else {
        let way = prefix == "fetched/" ? "; Examples/fetch-data.sh gets it, --fetched names its folder" : ""
        throw ExampleFailure(.noInput, "\(url.path): no such file\(way)")
      }
      return url
    }
    guard FileManager.default.fileExists(atPath: path) else {
      throw ExampleFailure(.noInput, "\(path): no such file or folder")
    }
    return URL(filePath: path)
  }
}
