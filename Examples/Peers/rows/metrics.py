"""Scores of masks: the rows of the metrics goals. The peers are in bench_metrics.py."""
from rows.model import Derived, Row, memory, quotient, time_within

REQUIREMENTS = [["numpy", "scipy", "SimpleITK"], ["torch"], ["monai", "medpy", "surface-distance"]]

SCRIPT = "bench_metrics.py"
ONE = (1,)
ORGANS = ("large organ", "small organ")
SCORES = ("hd95_mm", "assd_mm", "surface_dice")


def equal(name, of, keys, tolerance):
    """The largest difference of numbers that both replies carry: tolerance / difference, goal 1."""

    def compute(row):
        pairs = [(row["ours"].get(key), row["peer_reply"].get(key)) for key in keys]
        if any(number is None for pair in pairs for number in pair):
            return None
        return min(1e6, tolerance / max(1e-300, max(abs(a - b) for a, b in pairs)))

    return Derived(name, (of,), compute, 1.0, ONE)


def bytes_per_voxel(name, of, limit):
    """What a repetition has on the heap at once, beside its inputs, in bytes a voxel of the box: limit / ours, goal 1.

    Counted by allocation (CHeapCounter), not as resident size, which would leave out what an earlier repetition freed,
    and count code that is touched for the first time.
    """

    def compute(row):
        ours = row["ours"]
        if any(ours.get(key) is None for key in ("heap_mib", "box_voxels")):
            return None
        return quotient(limit, ours["heap_mib"] * 2**20 / ours["box_voxels"])

    return Derived(name, (of,), compute, 1.0, ONE)


ROWS = []
for organ in ORGANS:
    case = f"{organ}: HD95 + ASSD + surface Dice"
    ROWS.append(Row(case, SCRIPT, ("scipy", "monai", "medpy", "simpleitk"), 4.0, ONE))
    # MONAI's distances are single precision; the others agree to 1e-6.
    ROWS.append(equal(f"{organ}: equal values", case, SCORES, 1e-6))
    ROWS.append(bytes_per_voxel(f"{organ}: 12 bytes a voxel of the box", case, 12))
    ROWS.append(memory(f"{organ}: memory", case, None, ONE))
    surfels = f"{organ}: surfel-weighted"
    ROWS.append(Row(surfels, SCRIPT, ("surface-distance",), 4.0, ONE))
    ROWS.append(equal(f"{organ}: equal surfel-weighted values", surfels, SCORES, 1e-6))
    ROWS.append(Row(f"{organ}: Dice", SCRIPT, ("numpy", "simpleitk"), None, ONE))
ROWS.append(Row("large organ: distance transform", SCRIPT, ("scipy", "simpleitk"), None, ONE))
ROWS.append(Row("ten classes", SCRIPT, ("scipy",), None, ONE))
ROWS.append(bytes_per_voxel("ten classes: 12 bytes a voxel of the box", "ten classes", 12))
ROWS.append(Row("their union", SCRIPT, ("scipy",), None, ONE))
ROWS.append(time_within("ten classes within 3 x their union", "ten classes", "their union", 3))
