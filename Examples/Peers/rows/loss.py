"""Losses alone, forward and backward: ILCP on 8 images x 2,048 rows, those that compare 8,192 rows of 128, and those of the
compared methods.

The peer is bench_loss.py, PyTorch.
"""
from rows.model import Row, extra_memory, within

REQUIREMENTS = [["numpy"], ["torch"]]

SCRIPT = "bench_loss.py"
SETTINGS = ("eager", "label sums", "compile")


def mebibytes(floats):
    return floats * 4 / 2**20


ROWS = []
for channels, goal in ((512, 2.5), (128, 3.5)):
    ROWS.append(Row(f"ILCP {channels}", SCRIPT, SETTINGS, goal))
    # At most 5 % of what the peer takes beside the rows and their gradient, which both sides hold.
    gradient = mebibytes(8 * 2048 * channels)
    ROWS.append(
        extra_memory(f"ILCP {channels}: extra memory", f"ILCP {channels}", 20.0, returned=gradient)
    )
    ROWS.append(extra_memory(f"ILCP {channels}: extra memory and gradient", f"ILCP {channels}", None))
# The N x N losses: at most 20 MB beside the gradient.
for name in ("NT-Xent", "DCL", "hard negatives", "SupCon inside", "pairwise NT-Xent"):
    ROWS.append(Row(f"{name} 8192", SCRIPT, ("eager",), 3.0))
    gradient = mebibytes(8192 * 128)
    ROWS.append(extra_memory(f"{name} 8192: extra memory", f"{name} 8192", None, returned=gradient))
    limit = 20e6 / 2**20 + gradient
    ROWS.append(within(f"{name} 8192: heap", f"{name} 8192", "heap_mib", limit, threads=(1, 2)))
# The losses of the compared methods, with the numbers of their inputs and of their gradients. On the heap, beside the
# gradients: at most twice the inputs.
PAIR, WIDE, MAPS = 2 * 512 * 128, 2 * 512 * 1024, 32 * 49
for case, inputs, gradient in (
    ("negative cosine 128", PAIR, PAIR // 2),
    ("Barlow Twins 1024", WIDE, WIDE),
    ("VICReg 1024", WIDE, WIDE),
    ("alignment and uniformity 128", PAIR, PAIR),
    ("triplet all 128", 256 * 128, 256 * 128),
    ("triplet batch-hard 128", 256 * 128, 256 * 128),
    ("SwAV 300", 2 * 512 * 300, 2 * 512 * 300),
    ("dense contrast 128", MAPS * (2 * 128 + 2 * 512) + 16_384 * 128, MAPS * 128),
    ("pixel contrast 128", 8 * 64 * 64 * 129, 8 * 64 * 64 * 128),
):
    settings = ("eager", "label sums") if case == "pixel contrast 128" else ("eager",)
    ROWS.append(Row(case, SCRIPT, settings, 1.5))
    ROWS.append(extra_memory(f"{case}: extra memory", case, None, returned=mebibytes(gradient)))
    limit = mebibytes(2 * inputs + gradient)
    ROWS.append(within(f"{case}: heap", case, "heap_mib", limit, threads=(1, 2)))
