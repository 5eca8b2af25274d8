import Contrastive
import Foundation
import RunKit

extension PretrainingMethod {
  /// The method's numbers, as a row holds them.
  func settingsTree() throws -> JSONTree {
    try JSONDecoder().decode(JSONTree.self, from: Data(settingsJSON().utf8))
  }
}
