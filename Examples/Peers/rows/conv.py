"""Convolutions of a U-Net of widths 32 to 512 at 128 and 256 pixels, batch 8, and of a 3-D U-Net of widths 32 to 256 at
64 voxels, batch 2. The peer is bench_conv.py, PyTorch."""

from rows.model import Row, geometric_mean

REQUIREMENTS = [["numpy"], ["torch"]]

BATCH = 8
VOLUMES = 2
SCRIPT = "bench_conv.py"
LAYOUTS = ("channels-last", "default")


def convolutions():
    """(input channels, output channels, size) of every 3x3 convolution, each once."""
    layers = []
    for size in (128, 256):
        for level in range(5):
            width, side = 32 << level, size >> level
            inputs = [width // 2 if level else 1, width] + ([2 * width] if level < 4 else [])
            layers += [(channels, width, side) for channels in inputs]
    return layers


def upsamplings():
    """(input channels, output channels, size of the result) of every 2x2 transposed convolution."""
    return [(64 << level, 32 << level, size >> level) for size in (128, 256) for level in range(4)]


def volumetric():
    """(input channels, output channels, size) of every 3x3x3 convolution, each once."""
    layers = []
    for level in range(4):
        width, side = 32 << level, 64 >> level
        inputs = [width // 2 if level else 1, width] + ([2 * width] if level < 3 else [])
        layers += [(channels, width, side) for channels in inputs]
    return layers


def names(layers, kernel=""):
    result = []
    for inputs, outputs, size in layers:
        for kind in ("forward", "data gradient", "weight gradient"):
            if inputs > 1 or kind != "data gradient":
                result.append(f"{kind} {kernel}{inputs}->{outputs} at {size}")
    return result


ROWS = [Row(name, SCRIPT, LAYOUTS, 1.2) for name in names(convolutions())]
ROWS.append(geometric_mean("3x3 convolutions: geometric mean", names(convolutions()), 2.0))
ROWS += [Row(f"transposed 2x2 {i}->{o} at {size}", SCRIPT, LAYOUTS, 2.0) for i, o, size in upsamplings()]
# No goals of their own: the step's is 2.
ROWS += [Row(name, SCRIPT, LAYOUTS, None) for name in names(volumetric(), "3x3x3 ")]
ROWS.append(geometric_mean("3x3x3 convolutions: geometric mean", names(volumetric(), "3x3x3 "), None))
