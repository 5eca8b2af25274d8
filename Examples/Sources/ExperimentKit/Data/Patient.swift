package import QuickstartKit
package import RunKit
package import Tensor

/// A patient as experiments see one: the unit that sides, labels and intervals are made of.
package struct Patient: Sendable {
  package let identifier: String
  /// The person whose body it is: virtual patients of one person share it.
  package let person: String
  package let part: SlabSplit.Part
  /// Patients of one stratum look at the same part of a body; labelled ones are drawn from the strata in turn.
  package let stratum: Int
  /// `[height, width, 1]` each, 0...1, from the feet up.
  package let images: [Tensor<Float>]
  /// Classes, `[height, width]` each.
  package let labels: [Tensor<Int32>]
  /// The place of each slice in its body's volume, in (0, 1].
  package let positions: [Double]
  /// Of the slices as they are here: plane, row, column; `nil` where it is not known.
  package let spacing: VoxelSpacing?

  package init(
    identifier: String, person: String, part: SlabSplit.Part, stratum: Int, images: [Tensor<Float>],
    labels: [Tensor<Int32>], positions: [Double], spacing: VoxelSpacing? = nil
  ) {
    (self.identifier, self.person, self.part, self.stratum) = (identifier, person, part, stratum)
    (self.images, self.labels, self.positions) = (images, labels, positions)
    self.spacing = spacing
  }
}

/// What decides the content of a data set: a part of every run, so that rows of other data are never taken for these.
package struct DataIdentity: Codable, Hashable, Sendable {
  package let name: String
  /// Names, lengths and hashes of the files, without their folders.
  package let files: [String]
  package let settings: JSONTree
  /// Of virtual patients.
  package let cohort: CohortSettings?
  /// The longest side that slices are worked on at.
  package let longestSide: Int

  package init(
    name: String, files: [String], settings: JSONTree, cohort: CohortSettings?, longestSide: Int
  ) {
    (self.name, self.files, self.settings) = (name, files, settings)
    (self.cohort, self.longestSide) = (cohort, longestSide)
  }
}
