package import Contrastive
import ExampleSupport
import MedIO
package import NN
package import Tensor

/// What training reads: datasets over the prepared slices, from which a `TrainingLoop`'s or a `DataLoader`'s sampler draws.
extension SliceData {
  /// Training slices without their labels, for pre-training. Nothing of validation or test is read.
  package func pretrainingImages() -> some Dataset<PretrainingImage> {
    slices.subset(split.slices(of: .train)).mapped {
      PretrainingImage($0.image, position: $0.position.fraction)
    }
  }

  /// Slices with their classes, padded to ``paddedSize``, for the segmentation network.
  package func labeledImages(_ planes: [Int]) -> some Dataset<LabeledImage> {
    let size = paddedSize
    return slices.subset(planes).mapped { sample in
      guard let labels = sample.labels else {
        throw ExampleFailure(.data, "slice \(sample.position.plane) has no labels")
      }
      let (image, maps) = PatchSampling.centered(sample.image, maps: [labels], to: size)
      return LabeledImage(image: image, labels: maps[0])
    }
  }
}
