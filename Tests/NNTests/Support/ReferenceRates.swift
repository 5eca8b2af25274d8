import Foundation
import NN
import Testing

/// The rates that PyTorch gives, from Fixtures/schedules.json.
struct ReferenceRates: Decodable {
  let rates: [Double]
  let metrics: [Double]?

  init(_ name: String) throws {
    let data = try Data(contentsOf: fixture("schedules", "json"))
    let all = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    self = try JSONDecoder().decode(
      ReferenceRates.self, from: JSONSerialization.data(withJSONObject: try #require(all[name])))
  }
}
