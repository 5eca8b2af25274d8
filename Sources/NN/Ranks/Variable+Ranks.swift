public import Autograd
import Tensor

extension Variable {
  /// The rows `[m, ...]` of all ranks one behind another, `[count m, ...]`, with their gradient: for a loss over all of them.
  ///
  /// Every rank r computes a loss `L_r`, and what is minimised is their mean `L = 1/n sum over r of L_r`; parameters are
  /// equal on all ranks, and their gradients are averaged behind the backward pass. With `g_r[v] = n dL/dv` as what rank r's
  /// backward pass carries for its variable v, the pass begins at `L_r` with `n (1/n) = 1`, as ever, and the average of a
  /// parameter's gradients, `1/n sum over r of g_r[p]`, is `dL/dp`. A row z of rank r stands in the copies `Z^(q)` of all ranks q:
  ///
  ///     g_r[z] = n dL/dz = n sum over q of dL/dZ^(q) = sum over q of g_q[Z^(q)]
  ///
  /// So the gradient of own rows is the sum over the ranks of what their losses give these rows: exact for any loss, be it the
  /// same on all ranks (each computes it of all rows) or each rank's own (its rows as anchors against all). One
  /// message forward, one backward; every rank must gather and run backward in the same order.
  public func gathered(across ranks: Ranks) -> Variable {
    guard ranks.count > 1 else { return self }
    return .recorded("gathered across ranks", inputs: [self], value: ranks.gather(value)) {
      [ranks.scatterSum($0)]
    }
  }

  /// The sum over the ranks of values of one shape, with its gradient: for losses that divide sums over a whole batch, such as
  /// Dice. By the convention of ``gathered(across:)`` the gradient is the sum over the ranks, too.
  public func summed(across ranks: Ranks) -> Variable {
    guard ranks.count > 1 else { return self }
    return .recorded("summed across ranks", inputs: [self], value: ranks.sum(value)) { [ranks.sum($0)] }
  }
}
