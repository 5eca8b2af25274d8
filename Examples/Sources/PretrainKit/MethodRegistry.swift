public import Contrastive
import ExampleSupport
import Foundation

/// The methods that `pretrain` knows, by the name on its command line.
public enum MethodRegistry {
  /// Another method is another line.
  public static let methods: [any PublishedMethod.Type] = [
    SuperCL.self,
    SimCLR.self,
    MoCo.self,
    BYOL.self,
    SwAV.self,
    SimSiam.self,
    SimTriplet.self,
    GCL.self,
    GCLLocal.self,
    PCL.self,
    WCL.self,
    DeSD.self,
    DiRA.self,
    Scratch.self,
  ]

  /// The method of a name, in whatever case, and with or without its spaces: `gcl-local` is GCL local.
  ///
  /// - Throws: ``ExampleFailure``: there is no such method (64).
  public static func method(named name: String) throws -> any PublishedMethod.Type {
    func letters(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }
    guard let method = methods.first(where: { letters($0.name) == letters(name) }) else {
      let names = methods.map { $0.name }.joined(separator: ", ")
      throw ExampleFailure(.usage, "METHOD = \(name): there is no such method; there are \(names)")
    }
    return method
  }

  /// A line for each method: name, what it learns from, source.
  public static var list: String {
    let width = methods.map { $0.name.count }.max() ?? 0
    return methods.map { method in
      let name = method.name.padding(toLength: width, withPad: " ", startingAt: 0)
      return "\(name)  \(method.summary) (\(method.source))"
    }.joined(separator: "\n")
  }
}

/// Numbers of a method, by name.
public enum MethodPreset: String, CaseIterable, Sendable {
  /// Those of its paper or released code.
  case original
  /// Those of the group behind SuperCL's compared methods.
  case group
  /// Those for a few dozen slices.
  case small

  /// The method with these numbers, for a training set of so many images.
  func method<Method: PublishedMethod>(_ type: Method.Type, imageCount: Int) -> Method {
    switch self {
    case .original: .original
    case .group: .groupProtocol(imageCount: imageCount)
    case .small: .small
    }
  }
}
