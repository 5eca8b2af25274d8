// Second names for types of the library, for programs with types of the same names.
public import Tensor

public typealias TensorLabelMap = LabelMap
