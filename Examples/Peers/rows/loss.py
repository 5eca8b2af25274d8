"""Losses alone, forward and backward: ILCP on 8 images x 2,048 rows, those that compare 8,192 rows of 128, and those of the
compared methods.

The peer is bench_loss.py, PyTorch.
"""
from rows.model import Row, extra_memory

REQUIREMENTS = [["numpy"], ["torch"]]

SCRIPT = "bench_loss.py"
SETTINGS = ("eager", "label sums", "compile")

ROWS = []
for channels, goal in ((512, 2.5), (128, 3.5)):
    ROWS.append(Row(f"ILCP {channels}", SCRIPT, SETTINGS, goal))
    # At most 5 % of what the peer takes beside the rows and their gradient, which both sides hold.
    gradient = 8 * 2048 * channels * 4 / 2**20
    ROWS.append(
        extra_memory(f"ILCP {channels}: extra memory", f"ILCP {channels}", 20.0, returned=gradient)
    )
    ROWS.append(extra_memory(f"ILCP {channels}: extra memory and gradient", f"ILCP {channels}", None))

for name in ("NT-Xent", "DCL", "hard negatives", "SupCon inside", "pairwise NT-Xent"):
    ROWS.append(Row(f"{name} 8192", SCRIPT, ("eager",), 3.0))
    # The gradient is 4 MiB.
    ROWS.append(
        extra_memory(f"{name} 8192: extra memory", f"{name} 8192", None, returned=8192 * 128 * 4 / 2**20)
    )
# The losses of the compared methods have no goal.
for case in (
    "negative cosine 128",
    "Barlow Twins 1024",
    "VICReg 1024",
    "alignment and uniformity 128",
    "triplet all 128",
    "triplet batch-hard 128",
    "dense contrast 128",
):
    ROWS.append(Row(case, SCRIPT, ("eager",)))
    ROWS.append(extra_memory(f"{case}: extra memory", case, None))
ROWS.append(Row("pixel contrast 128", SCRIPT, ("eager", "label sums")))
