public import Tensor

extension LabelMap {
  /// Labels below this have tables with an entry for each label: 2^20, or the number of pixels where that is more. Those
  /// of dense maps always are.
  public var tableBound: Int { max(1 << 20, shape.elementCount) }

  private var tableError: SuperpixelError? {
    labelBound > tableBound ? SuperpixelError(.labelTooLarge(label: Int32(labelBound - 1), map: shape)) : nil
  }

  func checkTables() throws(SuperpixelError) {
    if let error = tableError { throw error }
  }

  func requireTables() {
    if let error = tableError { shapePrecondition(false, error.description) }
  }
}
