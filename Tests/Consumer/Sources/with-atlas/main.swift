// Two imported modules with a LabelMap: importing one of the two by name decides which is meant.
import struct Tensor.LabelMap
import Atlas
import Tensor

let labels = LabelMap(Tensor<Int32>([0, 1], shape: [1, 2]))
let atlas = Atlas.LabelMap(region: "abdomen")
precondition(labels.labels.shape == [1, 2])
print("the library's LabelMap beside that of \(atlas.region)")
