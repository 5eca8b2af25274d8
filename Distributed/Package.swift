// swift-tools-version: 6.3
import PackageDescription

/// Which MPI is linked, as `run.sh` chooses it: the module, the name of its pkg-config file, and what Debian calls it. Each has a
/// module of its own, since compilers keep what they read of a module under its name.
let mpi: (module: String, pkgConfig: String, package: String) =
  Context.environment["MPI"] == "openmpi"
  ? ("COpenMPI", "ompi-c", "libopenmpi-dev") : ("CMPICH", "mpich", "libmpich-dev")

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let library: Target.Dependency = .product(name: "SuperCL", package: "SuperCL")
let kit: Target.Dependency = .product(name: "PretrainKit", package: "Examples")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "SuperCLDistributed",
  products: [
    .library(name: "MPIRanks", targets: ["MPIRanks"]),
    .library(name: "ScalingModel", targets: ["ScalingModel"]),
  ],
  dependencies: [
    .package(name: "SuperCL", path: ".."),
    .package(path: "../Examples"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .systemLibrary(name: mpi.module, pkgConfig: mpi.pkgConfig, providers: [.apt([mpi.package])]),
    .target(
      name: "MPIRanks", dependencies: [.target(name: mpi.module), library], swiftSettings: swiftSettings),
    .target(name: "ScalingModel", swiftSettings: swiftSettings),
    .executableTarget(
      name: "pretrain-mpi", dependencies: [arguments, kit, "MPIRanks", library], swiftSettings: swiftSettings),
    // Figures of a training over so many machines, from figures of one.
    .executableTarget(
      name: "scaling", dependencies: [arguments, "ScalingModel"], swiftSettings: swiftSettings),
    // What the model is made of, and what it is compared with: messages, steps of one rank, steps of several.
    .executableTarget(
      name: "rank-benchmark", dependencies: [arguments, "MPIRanks", "ScalingModel", library],
      swiftSettings: swiftSettings),
    // Run under mpirun by run.sh test.
    .executableTarget(
      name: "rank-check", dependencies: ["MPIRanks", library], path: "Tests/RankCheck",
      swiftSettings: swiftSettings),
    .testTarget(name: "ScalingModelTests", dependencies: ["ScalingModel"], swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
