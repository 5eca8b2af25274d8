import ArgumentParser
import MedIO
import Metrics

/// `1=liver,2=spleen`, or numbers alone.
struct ClassList: ExpressibleByArgument {
  let classes: [SegmentationClass]

  init?(argument: String) {
    var classes: [SegmentationClass] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard let label = halves.first.flatMap({ Int32($0) }) else { return nil }
      classes.append(SegmentationClass(label: label, name: halves.count == 2 ? halves[1] : nil))
    }
    guard Set(classes.map(\.label)).count == classes.count else { return nil }
    self.classes = classes
  }
}

/// The name of a policy for undefined distances.
struct PolicyName: ExpressibleByArgument, CustomStringConvertible {
  let policy: UndefinedScorePolicy

  init(policy: UndefinedScorePolicy) { self.policy = policy }

  init?(argument: String) {
    switch argument {
    case "skip": policy = .skip
    case "diagonal": policy = .imageDiagonal
    case "propagate": policy = .propagate
    default:
      guard let number = Double(argument), number.isFinite else { return nil }
      policy = .score(number)
    }
  }

  var description: String {
    switch policy.oneEmpty {
    case .skip: "skip"
    case .imageDiagonal: "diagonal"
    case .propagate: "propagate"
    case .score(let number): "\(number)"
    }
  }
}

/// The name of a header's form.
struct AffineName: ExpressibleByArgument, CustomStringConvertible {
  static let names: [(String, NIfTIReadOptions.AffineSource)] = [
    ("automatic", .automatic), ("sform", .sform), ("qform", .qform), ("pixdim", .voxelSizes),
  ]
  let source: NIfTIReadOptions.AffineSource

  init(source: NIfTIReadOptions.AffineSource) { self.source = source }

  init?(argument: String) {
    guard let (_, source) = Self.names.first(where: { $0.0 == argument }) else { return nil }
    self.source = source
  }

  var description: String { Self.names.first { $0.1 == source }?.0 ?? "\(source)" }
}
