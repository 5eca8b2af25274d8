"""Batch norm with leaky ReLU and max-pool, forward and backward. The peer is bench_layers.py, PyTorch."""
from rows.model import Row, geometric_mean

REQUIREMENTS = [["numpy"], ["torch"]]

SCRIPT = "bench_layers.py"
SETTINGS = ("channels-last", "default", "compile")
LEVELS = ((128, 32), (64, 64), (32, 128), (16, 256), (256, 32), (128, 64))

ROWS = []
for layer in ("batch norm + leaky ReLU", "max-pool"):
    names = [f"{layer} {channels} at {size}" for size, channels in LEVELS]
    ROWS += [Row(name, SCRIPT, SETTINGS, 2.0) for name in names]
    ROWS.append(geometric_mean(f"{layer}: geometric mean", names, None))
