import Foundation

/// The resident memory of this process, in bytes.
public enum ProcessMemory {
  /// Now.
  public static var resident: Int { field("VmRSS") }

  /// The most since the start, or since ``resetPeak()``.
  public static var peak: Int { field("VmHWM") }

  /// Forgets the peak so far, so that setting up is not counted.
  public static func resetPeak() {
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
  }

  private static func field(_ name: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
    return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
  }
}
