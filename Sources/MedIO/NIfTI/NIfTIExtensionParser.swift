/// Reads the blocks between header and voxels, byte for byte.
struct NIfTIExtensionParser {
  let file: ZNZFile
  /// Where the extensions must end: the first voxel, or the end of a `.hdr` file.
  let end: Int
  let isPair: Bool
  let options: NIfTIReadOptions
  /// Whether the file is what was left of a damaged one.
  var isSalvaged = false
  private(set) var extensions: [NIfTIExtension] = []

  init(file: ZNZFile, end: Int, isPair: Bool, options: NIfTIReadOptions) {
    self.file = file
    self.end = end
    self.isPair = isPair
    self.options = options
  }

  /// Reads the extension flag and, when it is set, all extensions.
  mutating func parse(_ plan: inout NIfTIPlan) throws(MedIOError) {
    let flag = try file.read(count: 4)
    // A .hdr file may end right behind the header.
    guard flag.count == 4 else {
      if isPair || options.repairs.contains(.truncatedData) || isSalvaged { return }
      throw MedIOError(
        .truncatedData(expected: plan.byteCount, got: 0), path: file.path,
        context: "truncated data: the file ends behind the header")
    }
    plan.header.extensionFlag = flag
    guard flag[0] != 0 else {
      try parsePadding(&plan)
      return
    }
    guard end - file.position >= 16 || (isPair && file.isCompressed) else {
      plan.warnings.append(.extensionFlagWithoutRoom)
      return
    }
    do throws(MedIOError) {
      try parseBlocks(&plan)
    } catch {
      guard error.code == .badExtension, options.repairs.contains(.extensions), !file.isCompressed else {
        throw error
      }
      plan.warnings.append(.repaired(.extensions, detail: error.context))
    }
  }

  /// Without extensions, bytes up to the first voxel belong to nothing.
  private func parsePadding(_ plan: inout NIfTIPlan) throws(MedIOError) {
    guard !isPair, end > file.position else { return }
    plan.warnings.append(.bytesAfterExtensions(end - file.position))
  }

  private mutating func parseBlocks(_ plan: inout NIfTIPlan) throws(MedIOError) {
    func bad(_ context: String) -> MedIOError {
      MedIOError(.badExtension, path: file.path, context: "bad extension: " + context)
    }
    var total = 0
    while end - file.position >= 16 {
      let position = file.position
      let head = try file.read(count: 8)
      if head.isEmpty && isPair { return }
      guard head.count == 8 else { throw bad("the file ends inside the one at byte \(position)") }
      let size = Int(number(head[0..<4], plan.header.byteOrder))
      let code = number(head[4..<8], plan.header.byteOrder)
      guard size >= 16 && size % 16 == 0 else {
        throw bad("size \(size) at byte \(position) is no positive multiple of 16")
      }
      guard size <= end - position else {
        throw bad("size \(size) at byte \(position) reaches past byte \(end)")
      }
      total += size
      guard total <= options.limits.extensionByteCount else {
        throw MedIOError(
          .exceedsLimit, path: file.path,
          context: "extensions of \(total) bytes, the limit is \(options.limits.extensionByteCount)")
      }
      // In pieces, so that a size that lies costs no more memory than the file has bytes.
      var content: [UInt8] = []
      while content.count < size - 8 {
        let piece = try file.read(count: min(1 << 16, size - 8 - content.count))
        guard !piece.isEmpty else { throw bad("the file ends inside the one at byte \(position)") }
        content += piece
      }
      extensions.append(NIfTIExtension(code: code, content: content))
    }
    if !isPair && end > file.position { plan.warnings.append(.bytesAfterExtensions(end - file.position)) }
  }

  private func number(_ bytes: ArraySlice<UInt8>, _ order: NIfTIByteOrder) -> Int32 {
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
    return order == .native ? value : value.byteSwapped
  }
}
