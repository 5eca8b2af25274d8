/// The connected pieces of a label image, as runs of equal labels in rows.
///
/// The rows are cut into shares, which depend on the image's shape alone. What is connected inside a share is
/// a fragment; fragments of several shares that touch are one piece, named after its first fragment.
struct SegmentPieces {
  /// Where the runs of each row begin; one more than rows.
  let rowOffsets: UnsafeMutablePointer<Int>
  /// The first column of each run.
  let starts: UnsafeMutablePointer<Int32>
  /// The fragment of each run, numbered in order of appearance; -1 outside the mask.
  let fragments: UnsafeMutablePointer<Int32>
  /// Where the fragments of each share begin; one more than shares.
  let fragmentOffsets: UnsafeMutablePointer<Int>
  /// The piece of each fragment: the first of its fragments.
  let pieces: UnsafeMutablePointer<Int32>
  /// The pixels of each piece, at its first fragment.
  let sizes: UnsafeMutablePointer<Int32>
  /// The fragments that belong to a piece named after another, in the order in which they were joined.
  var joined: UnsafeBufferPointer<Int32>
  let fragmentCount: Int
  let shareCount: Int

  /// The fragments of a share.
  func fragments(of share: Int) -> Range<Int> { fragmentOffsets[share]..<fragmentOffsets[share + 1] }
}

extension UnsafeMutablePointer where Pointee == Int {
  /// Turns the counts of parts 0, 1, ..., which stand one place behind, into where each part begins; returns their sum,
  /// which is where the last one ends.
  func turnCountsIntoOffsets(_ parts: Int) -> Int {
    self[0] = 0
    for part in 0..<parts { self[part + 1] += self[part] }
    return self[parts]
  }
}
