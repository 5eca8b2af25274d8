import Foundation
import Tensor
import TestSupport
import Testing

/// A file tree with the kernel's files about control groups, removed with the value.
private final class FileTree {
  let root: String

  init(_ files: [String: String]) throws {
    root = FileManager.default.temporaryDirectory.path + "/SuperCL-\(UUID().uuidString)"
    for (path, text) in files {
      let url = URL(fileURLWithPath: root + path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }
}

/// The forms of the files are those of cgroups(7) and proc_pid_mountinfo(5), the numbers made up.
@Suite struct ProcessorQuotaTests {
  static let version2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  static let version1 =
    "24 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
    + "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    + "34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"

  private func quota(_ files: [String: String]) throws -> Double? {
    let tree = try FileTree(files)
    return withExtendedLifetime(tree) { ProcessorQuota.current(root: tree.root) }
  }

  /// A process in a group of version 2 with this `cpu.max`.
  private func quota(cpuMax text: String) throws -> Double? {
    try quota([
      "/proc/self/cgroup": "0::/job\n", "/proc/self/mountinfo": Self.version2,
      "/sys/fs/cgroup/job/cpu.max": text,
    ])
  }

  @Test func versionTwo() throws {
    #expect(try quota(cpuMax: "200000 100000\n") == 2)
    #expect(try quota(cpuMax: "150000 100000\n") == 1.5)
    #expect(try quota(cpuMax: "5000 10000\n") == 0.5)
    #expect(try quota(cpuMax: "max 100000\n") == nil)
  }

  @Test func versionOne() throws {
    func files(_ quota: String) -> [String: String] {
      let folder = "/sys/fs/cgroup/cpu,cpuacct/docker/abc"
      return [
        "/proc/self/cgroup": "5:cpuset:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n",
        "/proc/self/mountinfo": Self.version1, folder + "/cpu.cfs_quota_us": quota,
        folder + "/cpu.cfs_period_us": "100000\n",
      ]
    }
    #expect(try quota(files("300000\n")) == 3)
    #expect(try quota(files("150000\n")) == 1.5)
    #expect(try quota(files("-1\n")) == nil)
  }

  /// The tightest level counts, whether it is the innermost, one between, or the root of the mount.
  @Test(
    arguments: [
      (["400000 100000", "max 100000", "300000 100000"], 3.0),
      (["max 100000", "100000 100000", "max 100000"], 1),
      (["50000 100000", "100000 100000", "max 100000"], 0.5),
    ] as [([String], Double)])
  func nestedGroups(_ levels: [String], _ expected: Double) throws {
    var files = ["/proc/self/cgroup": "0::/pods/one\n", "/proc/self/mountinfo": Self.version2]
    for (folder, text) in zip(["", "/pods", "/pods/one"], levels) {
      files["/sys/fs/cgroup\(folder)/cpu.max"] = text + "\n"
    }
    // Groups beside the process's own are not asked.
    files["/sys/fs/cgroup/pods/two/cpu.max"] = "10000 100000\n"
    #expect(try quota(files) == expected)
  }

  /// Both versions mounted, as systemd does: the processors are version 1's, version 2 has none of its own.
  @Test func hybrid() throws {
    var files = [
      "/proc/self/cgroup": "4:cpu,cpuacct:/a\n0::/a\n",
      "/proc/self/mountinfo": Self.version1
        + "42 31 0:41 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
      "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "250000\n",
      "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/unified/a/cgroup.procs": "1\n",
    ]
    #expect(try quota(files) == 2.5)
    files["/sys/fs/cgroup/unified/a/cpu.max"] = "100000 100000\n"
    #expect(try quota(files) == 1)
  }

  /// What a container sees: its own group as the mount's root.
  @Test func containers() throws {
    let own = "40 30 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
    let limit = ["/sys/fs/cgroup/cpu.max": "200000 100000\n", "/sys/fs/cgroup/in/cpu.max": "100000 100000\n"]
    func quota(group: String, _ mounts: String) throws -> Double? {
      try self.quota(
        limit.merging(["/proc/self/cgroup": "0::\(group)\n", "/proc/self/mountinfo": mounts]) { $1 })
    }
    #expect(try quota(group: "/docker/abc", own) == 2)
    #expect(try quota(group: "/docker/abc/in", own) == 1)
    #expect(try quota(group: "/", Self.version2) == 2)
    #expect(try quota(group: "/in", Self.version2) == 1)
    // A group above the namespace's root is above this process's group.
    #expect(try quota(group: "/", own.replacingOccurrences(of: "/docker/abc", with: "/..")) == 2)
    // Another container's group, and one that has left the namespace.
    #expect(try quota(group: "/docker/xyz", own) == nil)
    #expect(try quota(group: "/docker/abcd", own) == nil)
    #expect(try quota(group: "/../xyz", Self.version2) == nil)
  }

  @Test func aMountWithASpaceInItsPath() throws {
    let files = [
      "/proc/self/cgroup": "0::/\n",
      "/proc/self/mountinfo": "30 24 0:26 / /control\\040groups rw - cgroup2 cgroup2 rw\n",
      "/control groups/cpu.max": "100000 100000\n",
    ]
    #expect(try quota(files) == 1)
  }

  @Test func missingFilesAreNoLimit() throws {
    #expect(try quota([:]) == nil)
    #expect(try quota(["/proc/self/cgroup": "0::/job\n"]) == nil)
    #expect(try quota(["/proc/self/mountinfo": Self.version2]) == nil)
    #expect(try quota(["/proc/self/cgroup": "0::/job\n", "/proc/self/mountinfo": Self.version2]) == nil)
    // A quota without a period.
    #expect(
      try quota([
        "/proc/self/cgroup": "4:cpu:/\n", "/proc/self/mountinfo": "1 1 0:1 / /c rw - cgroup c rw,cpu\n",
        "/c/cpu.cfs_quota_us": "100000\n",
      ]) == nil)
    #expect(ProcessorQuota.current(root: "/nowhere") == nil)
  }

  @Test(arguments: [
    "", "\n", "max", "100000", "-100000 100000", "100000 0", "0 100000", "100000 -1", "1e5 100000", "a b",
    "100000 100000 100000", "99999999999999999999 100000", "\u{FFFD}\u{0} 1", "max max",
  ])
  func garbageIsNoLimit(_ text: String) throws { #expect(try quota(cpuMax: text) == nil) }

  @Test func garbageInTheListsIsNoLimit() throws {
    var generator = SplitMix64(seed: 4)
    let lists = [Array("0::/job\n4:cpu,cpuacct:/job\n".utf8), Array((Self.version2 + Self.version1).utf8)]
    for _ in 0..<200 {
      var changed = lists
      for index in changed.indices {
        for _ in 0..<3 {
          changed[index][Int.random(in: 0..<changed[index].count, using: &generator)] =
            UInt8.random(in: 0...255, using: &generator)
        }
      }
      let found = try quota([
        "/proc/self/cgroup": String(decoding: changed[0], as: UTF8.self),
        "/proc/self/mountinfo": String(decoding: changed[1], as: UTF8.self),
        "/sys/fs/cgroup/job/cpu.max": "100000 100000",
      ])
      #expect(found == nil || found == 1)
    }
  }

  // MARK: The first number of threads

  @Test(
    arguments: [
      (4, nil, nil, 4), (4, 2.0, nil, 2), (4, 1.5, nil, 2), (4, 0.2, nil, 1), (4, 3.01, nil, 4),
      (4, 9.0, nil, 4),
      (1, 3.0, nil, 1), (0, nil, nil, 1), (4, 1e300, nil, 4),
      // The environment stands in place of the quota, not of the mask.
      (4, nil, "2", 2), (4, 1.5, "3", 3), (4, 1.5, "1", 1), (4, 2.0, "64", 4),
      // What is no number of threads is not there.
      (4, 2.0, "0", 2), (4, 2.0, "-1", 2), (4, 2.0, "many", 2), (4, nil, "", 4),
    ] as [(Int, Double?, String?, Int)])
  func theFirstCount(_ processors: Int, _ quota: Double?, _ wanted: String?, _ expected: Int) {
    let environment = wanted.map { ["OPENBLAS_NUM_THREADS": $0] } ?? [:]
    #expect(
      ComputeThreads.initialCount(processors: processors, quota: quota, environment: environment) == expected)
  }
}
