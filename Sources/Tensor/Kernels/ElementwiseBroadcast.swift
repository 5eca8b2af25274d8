/// How two operands of NumPy-broadcast shapes are walked side by side.
///
/// Axes are merged as far as both operands allow, so that what remains is a short list of outer axes and one
/// inner run in which each operand either moves on by one element or stays (step 1 or 0):
/// `[N, H, W, C]` with `[C]` becomes N*H*W runs of C, equal shapes become a single run.
struct BroadcastPlan {
  /// The shape of the result.
  let shape: TensorShape
  /// The length of a run.
  let runLength: Int
  /// How far each operand moves per element of a run: 1 or 0.
  let leftStep: Int
  let rightStep: Int
  private let outerLengths: [Int]
  private let leftStrides: [Int]
  private let rightStrides: [Int]

  /// - Precondition: the shapes fit.
  init(_ left: TensorShape, _ right: TensorShape) {
    guard let shape = left.broadcast(with: right) else {
      shapePreconditionFailure("shapes \(left) and \(right) do not broadcast")
    }
    self.shape = shape
    // (length, left stride, right stride), innermost axis first.
    var axes: [(length: Int, left: Int, right: Int)] = []
    if left == right {
      axes = [(shape.elementCount, 1, 1)]
    } else {
      let steps = zip(Self.strides(of: left, in: shape), Self.strides(of: right, in: shape))
      for (length, step) in zip(shape.dimensions, steps).reversed() where length != 1 {
        if let last = axes.last, step.0 == last.left * last.length, step.1 == last.right * last.length {
          axes[axes.count - 1].length *= length
        } else {
          axes.append((length, step.0, step.1))
        }
      }
    }
    let run = axes.first ?? (1, 1, 1)
    runLength = run.length
    leftStep = run.left
    rightStep = run.right
    let outer = axes.dropFirst().reversed()
    outerLengths = outer.map(\.length)
    leftStrides = outer.map(\.left)
    rightStrides = outer.map(\.right)
  }

  /// The strides of `operand` along the axes of `shape`, 0 where it is repeated.
  private static func strides(of operand: TensorShape, in shape: TensorShape) -> [Int] {
    let missing = shape.rank - operand.rank
    let own = zip(operand.dimensions, operand.strides).map { $0 == 1 ? 0 : $1 }
    return [Int](repeating: 0, count: missing) + own
  }

  /// Calls `body` with the first element of the result, of the left and of the right operand, and with a
  /// count, for runs that cover the result; from several threads at once when the result is large.
  @inline(__always)
  func forEachRun(_ body: (_ result: Int, _ left: Int, _ right: Int, _ count: Int) -> Void) {
    guard shape.elementCount > 0 else { return }
    let block = Elementwise.grain
    if outerLengths.isEmpty {
      Parallel.for(runLength, grain: block) { range in
        let start = range.lowerBound
        body(start, start * leftStep, start * rightStep, range.count)
      }
      return
    }
    // A long run is cut into pieces, short ones are handed out by the dozen.
    let piece = min(runLength, block)
    let pieces = (runLength + piece - 1) / piece
    let rows = shape.elementCount / runLength
    Parallel.for(rows * pieces, grain: max(1, block / piece)) { range in
      var cursor = Cursor(plan: self, row: range.lowerBound / pieces)
      var part = range.lowerBound % pieces
      for _ in range {
        let start = part * piece
        body(
          cursor.row * runLength + start, cursor.left + start * leftStep, cursor.right + start * rightStep,
          min(piece, runLength - start))
        part += 1
        if part == pieces {
          part = 0
          cursor.advance()
        }
      }
    }
  }

  /// The same on this thread alone, from the first run to the last.
  func forEachRunInOrder(_ body: (_ result: Int, _ left: Int, _ right: Int, _ count: Int) -> Void) {
    guard shape.elementCount > 0 else { return }
    var cursor = Cursor(plan: self, row: 0)
    for _ in 0..<shape.elementCount / runLength {
      body(cursor.row * runLength, cursor.left, cursor.right, runLength)
      cursor.advance()
    }
  }

  /// The place of one row in both operands.
  private struct Cursor {
    let plan: BroadcastPlan
    var row: Int
    var left = 0
    var right = 0
    private var index: [Int]

    init(plan: BroadcastPlan, row: Int) {
      self.plan = plan
      self.row = row
      index = [Int](repeating: 0, count: plan.outerLengths.count)
      var rest = row
      for axis in plan.outerLengths.indices.reversed() {
        index[axis] = rest % plan.outerLengths[axis]
        rest /= plan.outerLengths[axis]
        left += index[axis] * plan.leftStrides[axis]
        right += index[axis] * plan.rightStrides[axis]
      }
    }

    mutating func advance() {
      row += 1
      for axis in plan.outerLengths.indices.reversed() {
        index[axis] += 1
        left += plan.leftStrides[axis]
        right += plan.rightStrides[axis]
        if index[axis] < plan.outerLengths[axis] { return }
        index[axis] = 0
        left -= plan.leftStrides[axis] * plan.outerLengths[axis]
        right -= plan.rightStrides[axis] * plan.outerLengths[axis]
      }
    }
  }
}
