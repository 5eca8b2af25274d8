import ArgumentParser
import ExampleSupport
import Foundation
import MPIRanks
import NN
import RunKit
import Tensor

/// How a rank ended: its exit code, and what is to be said.
struct Ending {
  var code: Int32 = 0
  var line: String?
  /// Help and the like, which is no failure.
  var text: String?

  /// A rank that only learned of another's failure leaves the code to that one.
  static let otherRankFailed: Int32 = 1

  init() {}

  init(_ error: any Error) {
    switch error {
    case is Interruption: (code, line) = (130, "interrupted; the same command with --resume goes on")
    case let failure as ExampleFailure: (code, line) = (failure.kind.rawValue, failure.description)
    case let failure as CommunicationError:
      if case .engine = failure.code { code = 65 } else { code = Self.otherRankFailed }
      line = failure.description
    case is ValidationError, is ExitCode: (code, line) = (64, PretrainMPI.message(for: error))
    default:
      let code = PretrainMPI.exitCode(for: error)
      if code.isSuccess {
        text = PretrainMPI.fullMessage(for: error)
      } else if PretrainMPI.isAboutArguments(error) {
        (self.code, line) = (64, PretrainMPI.message(for: error))
      } else {
        (self.code, line) = (65, "\(error)")
      }
    }
  }
}

extension PretrainMPI {
  /// Whether the parser threw it.
  static func isAboutArguments(_ error: any Error) -> Bool { exitCode(for: error) == .validationFailure }
}

func end(_ communicator: MPICommunicator) -> Ending {
  do {
    var command = try PretrainMPI.parseAsRoot()
    if let training = command as? PretrainMPI {
      try training.run(communicator)
    } else {
      // The parser's own, such as help, which it throws.
      try command.run()
    }
    return Ending()
  } catch {
    return Ending(error)
  }
}

let communicator: MPICommunicator
do {
  communicator = try MPICommunicator.start()
} catch {
  say("\(error)")
  exit(65)
}
InterruptedByUser.listen()
let ending = end(communicator)
do {
  // All ranks come here, whatever they met, and end with one code: that of the rank that knows best.
  let codes = try communicator.gather(Tensor<Int32>([ending.code])).scalars
  let worst = codes.max() ?? 0
  if communicator.rank == 0 {
    if let line = ending.line { say(line) }
    if let text = ending.text { print(text) }
  }
  communicator.finish()
  exit(worst == Ending.otherRankFailed ? 65 : worst)
} catch {
  communicator.leave("\(error)")
}
