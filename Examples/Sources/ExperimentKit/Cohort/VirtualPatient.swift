package import QuickstartKit
package import Tensor

/// One virtual patient: which slab of which person it is made of, and which draw it is.
package struct VirtualPatient: Equatable, Sendable {
  /// The person whose image the voxels come from.
  package let person: String
  /// The slab of that image, with its side.
  package let slab: SlabSplit.Slab
  /// The slab's place among all of the image.
  package let slabIndex: Int
  /// Which of the patients of this slab.
  package let number: Int

  package init(person: String, slab: SlabSplit.Slab, slabIndex: Int, number: Int) {
    (self.person, self.slab, self.slabIndex, self.number) = (person, slab, slabIndex, number)
  }

  /// `CT slab 3 (train 22-29) no. 7`.
  package var identifier: String {
    "\(person) slab \(slabIndex) (\(slab.part.rawValue) \(slab.first)-\(slab.last)) no. \(number)"
  }
}

/// What a virtual patient looks like.
package struct RenderedPatient: Sendable {
  package let patient: VirtualPatient
  /// `[planes, height, width]`, 0...1.
  package let image: Tensor<Float>
  /// Classes, `[planes, height, width]`.
  package let classes: Tensor<Int32>
  /// How the shape was changed.
  package let deformation: SmoothDeformation
}

/// Makes virtual patients of a volume.
///
/// A patient is drawn from a key of its own (the cohort's seed, the slab, the number) and from the slab's voxels alone: other
/// patients, other slabs and the order of work change nothing.
package struct PatientRenderer: Sendable {
  /// `[planes, height, width]`, 0...1.
  private let image: Tensor<Float>
  /// `[planes, height, width]`.
  private let classes: Tensor<Int32>
  private let classCount: Int
  private let spacing: VoxelSpacing
  private let settings: CohortSettings

  /// - Precondition: image and classes have one shape `[planes, height, width]`.
  package init(
    image: Tensor<Float>, classes: Tensor<Int32>, classCount: Int, spacing: VoxelSpacing,
    settings: CohortSettings
  ) {
    precondition(
      image.rank == 3 && image.shape == classes.shape,
      "an image of shape \(image.shape) and classes of shape \(classes.shape)")
    (self.image, self.classes, self.classCount) = (image, classes, classCount)
    (self.spacing, self.settings) = (spacing, settings)
  }

  /// Image and classes of a patient: cut, given other intensities organ by organ, bent, shaded, blurred, and made noisy, in
  /// this order.
  package func rendered(_ patient: VirtualPatient) -> RenderedPatient {
    let planes = patient.slab.first..<patient.slab.last + 1
    let lengths = [planes.count, image.shape[1], image.shape[2]]
    let key = RandomKey(seed: settings.seed).stream(for: "virtual patient").at(step: patient.slabIndex).at(
      place: patient.number)
    var shape = key.stream(for: "shape").generator
    var intensity = key.stream(for: "intensity").generator
    let deformation = SmoothDeformation(lengths, spacing: spacing, settings: settings, using: &shape)
    // From here on nothing but the slab is at hand.
    let batch = TensorShape([1] + lengths + [1])
    let labels = classes[planes].reshaped(batch)
    var values = image[planes].reshaped(batch) + organShifts(labels, using: &intensity)
    values = values.sampled(
      at: deformation.coordinates, interpolation: .cubicConvolution(coefficient: -0.5), border: .edge
    ).clamped(to: 0...1)
    let moved = labels.sampledNearest(at: deformation.coordinates, border: .edge)
    values = shaded(values, lengths, using: &intensity)
    let blur = intensity.uniform(in: settings.blur)
    if blur > 0 { values = values.gaussianSmoothed(standardDeviations: [0, blur, blur]) }
    let noise = intensity.uniform(in: settings.noise)
    values += Tensor(
      normalWithMean: 0, standardDeviation: Float(noise), shape: values.shape, using: &intensity)
    return RenderedPatient(
      patient: patient, image: values.clamped(to: 0...1).reshaped(lengths), classes: moved.reshaped(lengths),
      deformation: deformation)
  }

  /// A shift for each class but the background, softened over the border by a Gaussian of .7 pixels.
  private func organShifts(_ labels: Tensor<Int32>, using generator: inout PhiloxGenerator) -> Tensor<Float> {
    let shifts = Tensor<Float>(
      normalWithMean: 0, standardDeviation: Float(settings.organShift), shape: [classCount], using: &generator
    ).scalars
    let map = Tensor<Float>(shape: labels.shape) { target in
      labels.withUnsafeBufferPointer { labels in
        for index in target.indices { target[index] = labels[index] == 0 ? 0 : shifts[Int(labels[index])] }
      }
    }
    return map.gaussianSmoothed(standardDeviations: [0, 0.7, 0.7])
  }

  /// Times a gain that varies slowly in space: the exponential of a smooth field.
  private func shaded(
    _ values: Tensor<Float>, _ lengths: [Int], using generator: inout PhiloxGenerator
  ) -> Tensor<Float> {
    values
      * ControlGrid.field(
        lengths, spacing: spacing, distance: settings.biasSpacing, standardDeviation: settings.bias,
        channels: 1, using: &generator
      ).exp()
  }
}

extension VirtualPatient {
  /// All virtual patients of a volume, side by side of its split.
  package static func all(of person: String, split: SlabSplit, settings: CohortSettings) -> [VirtualPatient] {
    split.slabs.enumerated().flatMap { index, slab in
      let count =
        switch slab.part {
        case .train: settings.trainingPatientsPerSlab
        case .validation: settings.validationPatientsPerSlab
        case .test: settings.testPatientsPerSlab
        }
      return (0..<count).map {
        VirtualPatient(person: person, slab: slab, slabIndex: index, number: $0)
      }
    }
  }
}
