// swift-tools-version: 6.3
import PackageDescription

/// What every Swift target of this package is compiled with: an import is internal unless a public
/// signature needs it, so no C type and no implementation module leaks to the importer.
let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency], linker: [LinkerSetting] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings, linkerSettings: linker)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name, dependencies: ["TestSupport"] + dependencies, resources: resources,
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "SuperCL",
  products: [
    .library(name: "Tensor", targets: ["Tensor"]),
    .library(name: "Autograd", targets: ["Autograd"]),
    .library(name: "NN", targets: ["NN"]),
    .library(name: "Superpixel", targets: ["Superpixel"]),
    .library(name: "Contrastive", targets: ["Contrastive"]),
    .library(name: "MedIO", targets: ["MedIO"]),
    .library(name: "Metrics", targets: ["Metrics"]),
    .library(
      name: "SuperCL",
      targets: ["Tensor", "Autograd", "NN", "Superpixel", "Contrastive", "MedIO", "Metrics"]),
  ],
  targets: [
    // C: the two system libraries and our own kernels.
    .systemLibrary(
      name: "CSuperCLOpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(
      name: "CSuperCLNIfTI",
      linkerSettings: [.linkedLibrary("znz"), .linkedLibrary("z")]),
    .target(
      name: "CSuperCLKernels",
      // Kernels are optimised in debug builds too: at -O0 intrinsics are a hundred times slower.
      cSettings: [.unsafeFlags(["-O3"])],
      linkerSettings: [.linkedLibrary("m")]),

    // Swift: arrows point down only; see Documentation/Explanation/Architecture.md.
    module("Tensor", ["CSuperCLOpenBLAS", "CSuperCLKernels"]),
    module("Autograd", ["Tensor"]),
    module("NN", ["Tensor", "Autograd", "CSuperCLKernels"]),
    module("Superpixel", ["Tensor", "CSuperCLKernels"]),
    module("Contrastive", ["Tensor", "Autograd", "NN", "Superpixel", "CSuperCLKernels"]),
    module("MedIO", ["Tensor", "CSuperCLNIfTI"]),
    module("Metrics", ["Tensor"]),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["Tensor"], path: "Tests/TestSupport",
      swiftSettings: swiftSettings),
    tests("TensorTests", ["Tensor"], resources: [.copy("Fixtures")]),
    tests("AutogradTests", ["Tensor", "Autograd"], resources: [.copy("Fixtures")]),
    tests("NNTests", ["Tensor", "Autograd", "NN"], resources: [.copy("Fixtures")]),
    tests("SuperpixelTests", ["Tensor", "Superpixel"], resources: [.copy("Fixtures")]),
    tests(
      "ContrastiveTests", ["Tensor", "Autograd", "NN", "Superpixel", "Contrastive"],
      resources: [.copy("Fixtures")]),
    // libnifti's own reader, for comparison; the library links its file layer alone.
    .target(
      name: "CNIfTIOracle", path: "Tests/CNIfTIOracle", cSettings: [.headerSearchPath("private")],
      linkerSettings: [.linkedLibrary("nifti2")]),
    tests(
      "MedIOTests", ["Tensor", "MedIO", "CSuperCLNIfTI", "CNIfTIOracle"], resources: [.copy("Fixtures")]),
    tests("MetricsTests", ["Tensor", "Metrics"], resources: [.copy("Fixtures")]),
    tests(
      "IntegrationTests",
      ["Tensor", "Autograd", "NN", "Superpixel", "Contrastive", "MedIO", "Metrics"]),
    // A training that Tests/kill.py kills and resumes.
    .executableTarget(
      name: "killed-training", dependencies: ["Tensor", "Autograd", "NN"], path: "Tests/Kill",
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
