// swift-tools-version: 6.3
import Foundation
import PackageDescription

/// A package that depends on SuperCL as users do. Its address comes from the environment, so that the tests can point it
/// at a tagged copy of this checkout.
let address = ProcessInfo.processInfo.environment["SUPERCL_ADDRESS"] ?? "https://github.com/supercl/SuperCL"

let pretraining: [Target.Dependency] = ["Tensor", "Autograd", "NN", "Contrastive"].map {
  .product(name: $0, package: "SuperCL")
}

let package = Package(
  name: "Consumer",
  dependencies: [
    .package(url: address, from: "0.1.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
  ],
  targets: [
    // A contrastive loss of one's own.
    .executableTarget(
      name: "own-loss",
      dependencies: [
        .product(name: "Tensor", package: "SuperCL"), .product(name: "Autograd", package: "SuperCL"),
      ]),
    // A pre-training method and an encoder of one's own.
    .executableTarget(name: "own-method", dependencies: pretraining),
    .executableTarget(name: "own-encoder", dependencies: pretraining),
    // SLIC on a raw buffer, with Superpixel alone.
    .executableTarget(
      name: "embedded-slic", dependencies: [.product(name: "Superpixel", package: "SuperCL")]),
    // Our Metrics beside apple/swift-metrics, which has a module of the same name: the alias tells them apart.
    .executableTarget(
      name: "with-metrics",
      dependencies: [
        .product(
          name: "Metrics", package: "SuperCL", moduleAliases: ["Metrics": "SegmentationMetrics"]),
        .product(name: "Tensor", package: "SuperCL"),
        .product(name: "Metrics", package: "swift-metrics"),
      ]),
    // A type of one's own with the name of one of ours: by a second name from a module beside, and by `Tensor::`.
    .target(
      name: "TensorNames", dependencies: [.product(name: "Tensor", package: "SuperCL")],
      swiftSettings: [.enableUpcomingFeature("InternalImportsByDefault")]),
    .executableTarget(
      name: "own-names",
      dependencies: ["TensorNames", .product(name: "Tensor", package: "SuperCL")]),
    // The same name in another module that is imported beside ours: `import struct` decides.
    .target(name: "Atlas"),
    .executableTarget(
      name: "with-atlas", dependencies: ["Atlas", .product(name: "Tensor", package: "SuperCL")]),
  ]
)
