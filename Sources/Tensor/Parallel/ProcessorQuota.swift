import Foundation

/// The share of processor time that a container may use, which the kernel enforces by stopping its threads.
///
/// Linux gives every process a control group, and a group has a quota per period in each of its levels: in version 2
/// `cpu.max` ("150000 100000", or "max"), in version 1 `cpu.cfs_quota_us` (-1 for none) and `cpu.cfs_period_us`. The
/// smallest along the path from the process's group to the root of the mounted tree counts, of both versions where both
/// are mounted. What is missing or cannot be understood is no limit.
///
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst ("cpu.max"), Documentation/scheduler/sched-bwc.rst, and
/// proc_pid_cgroup(5), proc_pid_mountinfo(5).
package enum ProcessorQuota {
  /// The processors' worth of time that the process may use, 1.5 for 150 ms in each 100; nil for no limit.
  ///
  /// - Parameter root: Where the file tree begins; the tests give trees of their own.
  package static func current(root: String = "/") -> Double? {
    groupFolders(root: root).compactMap { smallestQuota(from: $0) }.min()
  }

  /// A process's control group and the mount that it is seen through, both as paths in the file tree.
  private struct GroupFolder {
    let mount: String
    /// The folders between the mount and the group, outermost first.
    let path: [Substring]
    let version: Int
  }

  private static func smallestQuota(from group: GroupFolder) -> Double? {
    var folder = group.mount
    var smallest = quota(in: folder, version: group.version)
    for name in group.path {
      folder += "/\(name)"
      guard let quota = quota(in: folder, version: group.version) else { continue }
      smallest = min(smallest ?? quota, quota)
    }
    return smallest
  }

  private static func quota(in folder: String, version: Int) -> Double? {
    func numbers(_ name: String) -> [Double?] {
      (text("\(folder)/\(name)") ?? "").split(whereSeparator: \.isWhitespace).map {
        Int64($0).map(Double.init)
      }
    }
    let pair =
      version == 2 ? numbers("cpu.max") : numbers("cpu.cfs_quota_us") + numbers("cpu.cfs_period_us")
    // "max" is no number, and -1 no quota.
    guard pair.count == 2, let quota = pair[0], let period = pair[1], quota > 0, period > 0 else {
      return nil
    }
    return quota / period
  }

  /// The groups that limit this process's time: one of version 1, one of version 2, either, or neither.
  private static func groupFolders(root: String) -> [GroupFolder] {
    let root = root.hasSuffix("/") ? String(root.dropLast()) : root
    let groups = groups(text("\(root)/proc/self/cgroup") ?? "")
    var folders: [GroupFolder] = []
    for line in (text("\(root)/proc/self/mountinfo") ?? "").split(separator: "\n") {
      guard let mount = Mount(line), let group = groups[mount.version],
        let path = relativePath(of: group, below: mount.root)
      else { continue }
      folders.append(GroupFolder(mount: root + mount.point, path: path, version: mount.version))
    }
    return folders
  }

  /// The process's groups by version: lines "0::/path" of version 2, "4:cpu,cpuacct:/path" of version 1.
  private static func groups(_ text: String) -> [Int: Substring] {
    var groups: [Int: Substring] = [:]
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3, fields[2].hasPrefix("/") else { continue }
      if fields[1].split(separator: ",").contains("cpu") {
        groups[1] = fields[2]
      } else if fields[0] == "0", fields[1].isEmpty {
        groups[2] = fields[2]
      }
    }
    return groups
  }

  /// The folders from a mount, whose root is the group `root`, to the group; nil for a group outside of it.
  ///
  /// A container sees its own group as the root of the tree, or names a group above it "/..": the mount is then above
  /// the group, and the folders between them have no names here.
  private static func relativePath(of group: Substring, below root: String) -> [Substring]? {
    let path = group.split(separator: "/")
    let start = root.split(separator: "/")
    if path.contains("..") { return nil }
    if start.allSatisfy({ $0 == ".." }) { return start.isEmpty ? path : [] }
    return path.starts(with: start) ? Array(path.dropFirst(start.count)) : nil
  }

  /// A line of mountinfo that mounts control groups with processor time.
  private struct Mount {
    let version: Int
    let root: String
    let point: String

    /// "31 23 0:28 ROOT POINT rw,relatime shared:1 - TYPE SOURCE rw,cpu,cpuacct"; nil for any other line.
    init?(_ line: Substring) {
      let fields = line.split(separator: " ")
      guard fields.count >= 9, let dash = fields.dropFirst(6).firstIndex(of: "-"), dash + 3 < fields.count
      else { return nil }
      switch fields[dash + 1] {
      case "cgroup2": version = 2
      case "cgroup" where fields[dash + 3].split(separator: ",").contains("cpu"): version = 1
      default: return nil
      }
      root = unescaped(fields[3])
      point = unescaped(fields[4])
    }
  }

  /// A path of mountinfo, in which a space is written \040.
  private static func unescaped(_ path: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(path.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text of a file of the kernel, which tells no size before it is read; nil for anything but a file.
  private static func text(_ path: String) -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
      let file = fopen(path, "rb")
    else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    // A machine with thousands of mounts has some hundred kilobytes of them.
    while bytes.count < 1 << 24 {
      let count = fread(&part, 1, part.count, file)
      if count == 0 { break }
      bytes += part[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
