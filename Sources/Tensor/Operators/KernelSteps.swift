/// How far something of a kernel reaches, in elements: one number for every spatial axis, or one for each.
///
/// Stride, padding and dilation of a convolution are kernel steps. A literal integer means the same along
/// every axis; an array literal names the axes in the tensor's order, (height, width) or
/// (depth, height, width).
///
///     images.conv2D(weight, stride: 2, padding: 1)
///     volumes.conv3D(weight, stride: [1, 2, 2], padding: [0, 1, 1])
public struct KernelSteps: Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
  CustomStringConvertible
{
  /// One number for every axis, or as many as there are spatial axes, outermost first.
  public let values: [Int]

  /// The same step along every spatial axis.
  public init(_ step: Int) { values = [step] }

  /// A step of its own for each spatial axis, outermost first.
  ///
  /// - Precondition: there is at least one.
  public init(perAxis steps: [Int]) {
    shapePrecondition(!steps.isEmpty, "kernel steps need at least one number")
    values = steps
  }

  /// The same step along every axis.
  public init(integerLiteral value: Int) { self.init(value) }
  /// One step for every spatial axis, outermost first.
  public init(arrayLiteral elements: Int...) { self.init(perAxis: elements) }

  public var description: String { values.count == 1 ? "\(values[0])" : "\(values)" }

  /// The steps of `axisCount` spatial axes.
  func expanded(to axisCount: Int, minimum: Int, named name: String) -> [Int] {
    shapePrecondition(
      values.count == 1 || values.count == axisCount,
      "\(name) \(self) does not fit \(axisCount) spatial axes")
    shapePrecondition(values.allSatisfy { $0 >= minimum }, "\(name) \(self) is below \(minimum)")
    return values.count == 1 ? [Int](repeating: values[0], count: axisCount) : values
  }
}
