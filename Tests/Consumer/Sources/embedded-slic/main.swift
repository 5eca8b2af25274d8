// SLIC on a raw buffer of the host program, importing Superpixel alone: a padded grey frame of four squares.
import Superpixel

let (height, width, rowStride) = (40, 60, 64)
var frame = [UInt8](repeating: 0, count: height * rowStride)
for row in 0..<height {
  for column in 0..<width { frame[row * rowStride + column] = (row < 20) == (column < 30) ? 200 : 40 }
}
var labels = [Int32](repeating: -1, count: height * width)
let scratch = SLICScratch()
let slic = SLIC(segmentCount: 4, compactness: 5)
let report = try frame.withUnsafeBufferPointer { pixels in
  try labels.withUnsafeMutableBufferPointer { labels in
    guard let base = pixels.baseAddress else { preconditionFailure("an empty frame") }
    let view = PixelView(
      base: base, height: height, width: width, rowStride: rowStride, columnStride: 1, channelStride: 1)
    return try slic.segment(view, into: labels, scratch: scratch)
  }
}
precondition(report.count == 4, "\(report.count) superpixels")
let corners = [labels[0], labels[width - 1], labels[(height - 1) * width], labels[height * width - 1]]
precondition(Set(corners).count == 4, "the squares share labels: \(corners)")
print("embedded SLIC: \(report.count) superpixels after \(report.iterations) passes")
