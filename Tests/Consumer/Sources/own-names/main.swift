// A program with a LabelMap of its own, which hides the library's: a type of the own module goes before one that is
// imported, and `Tensor.LabelMap` would be a member of the type Tensor.
import Tensor
import TensorNames

struct LabelMap {
  let names: [Int32: String]
}

let own = LabelMap(names: [1: "liver", 2: "spleen"])
// By a second name, which a module of one's own gives.
let labels = TensorLabelMap(Tensor<Int32>([0, 1, 2, 1], shape: [2, 2]))
precondition(labels.labels.scalars.compactMap { own.names[$0] } == ["liver", "spleen", "liver"])
#if compiler(>=6.3)
  // By the module's name, from Swift 6.3 on.
  let same: Tensor::LabelMap = labels
  precondition(same == labels)
#endif
print("a LabelMap of one's own beside the library's")
