internal import CSuperCLKernels

/// Maps and filters of floats along the middle axis of `[outer, length, inner]`, by the vectorised kernels: a vector holds
/// columns, which are independent of one another. Where `inner` is too short for that, rows are transposed.
enum AxisFast {
  /// Takes an input panel `[input length, columns]` and an output panel `[output length, columns]`, both with so many
  /// floats from row to row.
  typealias PanelBody = (
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ stride: Int, _ columns: Int
  ) -> Void

  /// Columns of a panel, and rows that are transposed together: a few vectors of the widest kind.
  private static let columns = 64
  private static let rows = 16

  /// Calls `body` with panels that cover the tensors, over all cores.
  static func forEachPanel(
    outer: Int, lengths: (input: Int, output: Int), inner: Int, from: UnsafePointer<Float>,
    to: UnsafeMutablePointer<Float>, _ body: PanelBody
  ) {
    guard inner < rows else {
      let chunks = (inner + columns - 1) / columns
      Parallel.for(outer * chunks, grain: max(1, 16384 / (lengths.input * columns + 1))) { range in
        for index in range {
          let (slab, chunk) = index.quotientAndRemainder(dividingBy: chunks)
          let first = chunk * columns
          body(
            from + slab * lengths.input * inner + first, to + slab * lengths.output * inner + first, inner,
            min(columns, inner - first))
        }
      }
      return
    }
    let transpose = scl_resampling().pointee.transpose
    let (read, written) = (lengths.input * inner, lengths.output * inner)
    Parallel.for((outer + rows - 1) / rows, grain: max(1, 16384 / (read * rows + 1))) { range in
      let input = Scratch<Float>(count: read * rows)
      let output = Scratch<Float>(count: written * rows)
      for block in range {
        let first = block * rows
        let count = min(rows, outer - first)
        transpose?(from + first * read, count, read, read, input.pointer, count)
        body(input.pointer, output.pointer, inner * count, inner * count)
        transpose?(output.pointer, written, count, count, to + first * written, written)
      }
    }
  }

  /// A map with few weights a row; see ``AxisOperator``.
  static func map(
    outer: Int, lengths: (input: Int, output: Int), inner: Int, from: UnsafePointer<Float>,
    to: UnsafeMutablePointer<Float>, starts: [Int], columns: [Int], weights: [Float], constants: [Float]
  ) {
    let kernel = scl_resampling().pointee.axis_map
    starts.map(Int64.init).withUnsafeBufferPointer { starts in
      columns.map(Int64.init).withUnsafeBufferPointer { columns in
        weights.withUnsafeBufferPointer { weights in
          constants.withUnsafeBufferPointer { constants in
            var map = scl_axis_map(
              starts: starts.baseAddress, columns: columns.baseAddress, weights: weights.baseAddress,
              constants: constants.isEmpty ? nil : constants.baseAddress)
            withUnsafePointer(to: &map) { map in
              forEachPanel(outer: outer, lengths: lengths, inner: inner, from: from, to: to) {
                kernel?(map, $0, $2, $3, 0, lengths.output, $1)
              }
            }
          }
        }
      }
    }
  }

  /// A recursive Gaussian filter; see ``RecursiveGaussian``.
  static func smooth(
    outer: Int, length: Int, inner: Int, from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>,
    sections: [RecursiveGaussian.Section]
  ) {
    let kernel = scl_resampling().pointee.recursive_gaussian
    func pairs(_ part: (RecursiveGaussian.Section) -> (Double, Double)) -> ((Float, Float), (Float, Float)) {
      let (first, second) = (part(sections[0]), part(sections[1]))
      return ((Float(first.0), Float(first.1)), (Float(second.0), Float(second.1)))
    }
    var filter = scl_recursive_gaussian(
      forward: pairs(\.forward), backward: pairs(\.backward), poles: pairs(\.poles))
    withUnsafePointer(to: &filter) { filter in
      forEachPanel(outer: outer, lengths: (length, length), inner: inner, from: from, to: to) {
        kernel?(filter, $0, length, $2, $3, $1)
      }
    }
  }
}
