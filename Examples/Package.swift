// swift-tools-version: 6.3
import PackageDescription

/// The examples see SuperCL as any user does: through its public API alone.
let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func product(_ name: String) -> Target.Dependency { .product(name: name, package: "SuperCL") }

let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "SuperCLExamples",
  // What `Distributed` beside this package runs over ranks.
  products: [.library(name: "PretrainKit", targets: ["PretrainKit", "RunKit", "ExampleSupport"])],
  dependencies: [
    .package(name: "SuperCL", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .systemLibrary(name: "CExamplesPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(
      name: "ExampleSupport",
      dependencies: [arguments, "CExamplesPNG", product("Tensor"), product("MedIO")],
      swiftSettings: swiftSettings),
    // What programs that train have in common: progress and interruption, the output folder, charts and pictures.
    .target(
      name: "RunKit", dependencies: [arguments, "ExampleSupport", product("SuperCL")],
      swiftSettings: swiftSettings),
    .target(
      name: "QuickstartKit", dependencies: ["ExampleSupport", "RunKit", product("SuperCL")],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "quickstart",
      dependencies: [arguments, "ExampleSupport", "QuickstartKit", "RunKit", product("SuperCL")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "QuickstartTests",
      dependencies: [
        "quickstart", "QuickstartKit", "ExampleSupport", "ExampleTestSupport", "RunKit", product("SuperCL"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "PretrainKit", dependencies: [arguments, "ExampleSupport", "RunKit", product("SuperCL")],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "pretrain",
      dependencies: [arguments, "ExampleSupport", "PretrainKit", "RunKit", product("SuperCL")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "PretrainTests",
      dependencies: [
        "pretrain", "PretrainKit", "ExampleSupport", "ExampleTestSupport", "RunKit", product("SuperCL"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "SegmentKit", dependencies: ["ExampleSupport", "RunKit", product("SuperCL")],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "segment",
      dependencies: [arguments, "ExampleSupport", "SegmentKit", "RunKit", product("SuperCL")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "SegmentTests",
      dependencies: [
        "segment", "SegmentKit", "ExampleSupport", "ExampleTestSupport", "RunKit", product("SuperCL"),
      ],
      resources: [.copy("Fixtures")],
      swiftSettings: swiftSettings),
    .target(name: "CHeapCounter"),
    .executableTarget(
      name: "benchmark",
      dependencies: [
        arguments, "CHeapCounter", "ExampleSupport", "QuickstartKit", "RunKit", "SegmentKit",
        product("SuperCL"),
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "interop", dependencies: [arguments, "ExampleSupport", product("SuperCL")],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "tour", dependencies: [product("SuperCL")], swiftSettings: swiftSettings),
    .executableTarget(
      name: "evaluate",
      dependencies: [arguments, "ExampleSupport", product("Tensor"), product("MedIO"), product("Metrics")],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "superpixels",
      dependencies: [
        arguments, "ExampleSupport", product("Tensor"), product("MedIO"), product("Superpixel"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "ExperimentKit",
      dependencies: ["ExampleSupport", "RunKit", "QuickstartKit", "PretrainKit", product("SuperCL")],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "experiments",
      dependencies: [arguments, "ExampleSupport", "ExperimentKit", "RunKit", product("SuperCL")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ExperimentKitTests",
      dependencies: [
        "experiments", "ExperimentKit", "ExampleSupport", "ExampleTestSupport", "QuickstartKit", "RunKit",
        product("SuperCL"),
      ],
      swiftSettings: swiftSettings),
    // Runs an example as a user does, or keeps what a run says; for tests alone.
    .target(
      name: "ExampleTestSupport", dependencies: ["RunKit"], path: "Tests/ExampleTestSupport",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "SuperpixelsTests",
      dependencies: [
        "superpixels", "ExampleSupport", "ExampleTestSupport", product("Tensor"), product("MedIO"),
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "EvaluateTests",
      dependencies: ["evaluate", "ExampleTestSupport", product("Tensor"), product("MedIO")],
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
