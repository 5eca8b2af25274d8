import Foundation
package import Tensor

/// A smooth invertible change of a slab's shape: the flow of a velocity field that does not change in time, after a turn, a
/// change of size and a shift in the plane.
///
/// A voxel p of the patient reads the source at `phi(A p)`. A turns, resizes and shifts within the plane. phi is the flow of the
/// field v for one unit of time, by scaling and squaring: `u = v / 2^n`, then n times `u(x) <- u(x) + u(x + u(x))`. A flow of a
/// smooth field is a diffeomorphism: nothing folds, nothing tears (Arsigny, Commowick, Pennec and Ayache, "A Log-Euclidean
/// framework for statistics on diffeomorphisms", MICCAI 2006).
///
/// Across the planes the velocity falls to 0 at the slab's first and last plane (a sine between them), so that the flow
/// carries the slab onto itself: no voxel of another slab is ever read. It is smaller there by half the slab's thickness
/// over the distance of control points, at most 1, which makes it change as gently across the planes as within them. Beyond
/// the borders of the plane the last pixel goes on.
package struct SmoothDeformation: Sendable {
  /// Where each voxel reads the source, in voxels: `[1, depth, height, width, 3]` as (plane, row, column).
  package let coordinates: Tensor<Float>

  /// Draws a deformation of a slab of these lengths, `[depth, height, width]`.
  package init(
    _ lengths: [Int], spacing: VoxelSpacing, settings: CohortSettings, using generator: inout PhiloxGenerator
  ) {
    let velocity = Self.velocity(lengths, spacing: spacing, settings: settings, using: &generator)
    let flow = Self.flow(of: velocity, squarings: settings.squarings)
    let radians = generator.uniform(in: -settings.rotation...settings.rotation) * Double.pi / 180
    let sizes = (0..<2).map { _ in generator.uniform(in: settings.size) }
    let shift = (0..<2).map { _ in generator.uniform(in: -settings.translation...settings.translation) }
    let posed = Self.posed(lengths, spacing: spacing, radians: radians, sizes: sizes, shift: shift)
    coordinates = posed + flow.sampled(at: posed, border: .edge)
  }

  /// A velocity field in voxels a unit of time, `[1, depth, height, width, 3]`.
  package static func velocity(
    _ lengths: [Int], spacing: VoxelSpacing, settings: CohortSettings, using generator: inout PhiloxGenerator
  ) -> Tensor<Float> {
    var field = ControlGrid.field(
      lengths, spacing: spacing, distance: settings.controlSpacing, standardDeviation: settings.velocity,
      channels: 3, using: &generator)
    let planes = lengths[0]
    let gentle = min(1, Double(planes - 1) * spacing[0] / (2 * settings.controlSpacing))
    let pixels = lengths[1] * lengths[2]
    field.withUnsafeMutableBufferPointer { field in
      for plane in 0..<planes {
        let share = planes > 1 ? gentle * sin(Double.pi * Double(plane) / Double(planes - 1)) : 0
        // Exactly 0 at both ends, where the sine is 1e-16.
        let factor = plane == 0 || plane == planes - 1 ? 0 : Float(share / spacing[0])
        for voxel in plane * pixels..<(plane + 1) * pixels {
          field[3 * voxel] *= factor
          field[3 * voxel + 1] /= Float(spacing[1])
          field[3 * voxel + 2] /= Float(spacing[2])
        }
      }
    }
    return field
  }

  /// The displacement of the flow for one unit of time, in voxels.
  package static func flow(of velocity: Tensor<Float>, squarings: Int) -> Tensor<Float> {
    var flow = velocity / Float(1 << squarings)
    for _ in 0..<squarings { flow += flow.warped(displacement: flow, border: .edge) }
    return flow
  }

  /// The positions of all voxels after the change within the plane: about its center, in millimetres,
  /// `q = R(radians) (p - shift) / sizes`.
  package static func posed(
    _ lengths: [Int], spacing: VoxelSpacing, radians: Double, sizes: [Double], shift: [Double]
  ) -> Tensor<Float> {
    let (cosine, sine) = (cos(radians), sin(radians))
    let center = (1...2).map { Double(lengths[$0] - 1) / 2 }
    return Tensor(shape: TensorShape([1] + lengths + [3])) { target in
      var place = 0
      for plane in 0..<lengths[0] {
        for row in 0..<lengths[1] {
          let y = ((Double(row) - center[0]) * spacing[1] - shift[0]) / sizes[0]
          for column in 0..<lengths[2] {
            let x = ((Double(column) - center[1]) * spacing[2] - shift[1]) / sizes[1]
            target[place] = Float(plane)
            target[place + 1] = Float((cosine * y - sine * x) / spacing[1] + center[0])
            target[place + 2] = Float((sine * y + cosine * x) / spacing[2] + center[1])
            place += 3
          }
        }
      }
    }
  }

  /// The determinants of the map's derivative at every voxel, by differences to the next voxel along each axis (to the one
  /// before at the end): positive everywhere where nothing folds. `[depth, height, width]`; an axis of one voxel counts as 1.
  package var jacobianDeterminants: Tensor<Float> {
    let lengths = Array(coordinates.shape.dimensions[1...3])
    let strides = [lengths[1] * lengths[2], lengths[2], 1]
    return coordinates.withUnsafeBufferPointer { positions in
      Tensor(shape: TensorShape(lengths)) { target in
        for index in target.indices {
          var columns: [[Float]] = []
          for axis in 0..<3 {
            guard lengths[axis] > 1 else {
              columns.append((0..<3).map { $0 == axis ? 1 : 0 })
              continue
            }
            let isLast = index / strides[axis] % lengths[axis] == lengths[axis] - 1
            let (to, from) = isLast ? (index, index - strides[axis]) : (index + strides[axis], index)
            columns.append((0..<3).map { positions[3 * to + $0] - positions[3 * from + $0] })
          }
          let (a, b, c) = (columns[0], columns[1], columns[2])
          target[index] =
            a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1])
            + c[0] * (a[1] * b[2] - a[2] * b[1])
        }
      }
    }
  }
}
