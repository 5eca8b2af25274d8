import Foundation
import Tensor

/// `log(1 + e^x)` and its slope `1 / (1 + e^-x)`, in double precision.
func softplus<Scalar: TensorFloatingPointScalar>(_ x: Scalar) -> (value: Scalar, slope: Scalar) {
  let x = x.doubleValue
  let e = exp(-abs(x))
  return (Scalar(converting: max(x, 0) + log1p(e)), Scalar(converting: (x < 0 ? e : 1) / (1 + e)))
}
