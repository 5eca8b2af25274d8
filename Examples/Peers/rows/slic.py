"""SLIC: the rows of the superpixel goals. The peers are in bench_slic.py."""
from rows.model import Derived, Row, Scaling, difference, memory, quotient

REQUIREMENTS = [
    ["numpy", "scipy", "scikit-image", "SimpleITK", "nibabel"],
    ["opencv-contrib-python-headless"],
    # fast-slic is built from source and wants an old Cython beside it.
    ["cython<3", "wheel", "setuptools<80"],
    ["--no-build-isolation", "--no-deps", "fast-slic"],
]

SCRIPT = "bench_slic.py"
ONE = (1,)


def bytes_per_pixel(name, of, limit):
    """Memory beside input and labels, which both stand before the first call: limit / bytes a pixel, goal 1."""

    def compute(row):
        ours = row["ours"]
        if any(ours.get(key) is None for key in ("peak_mib", "base_mib", "pixels")):
            return None
        return quotient(limit, max(0.01, (ours["peak_mib"] - ours["base_mib"]) * 2**20 / ours["pixels"]))

    return Derived(name, (of,), compute, 1.0, ONE)


def faster_than_all_rows(name, of, reference):
    """How much sooner a row of ours ends than the one with ten passes over every row."""
    return Derived(name, (of, reference), lambda row, full: quotient(full["ours_ms"], row["ours_ms"]), None, ONE)


ROWS = []
for count in (100, 1600):
    case = f"rgb 640x480, {count} segments"
    ROWS.append(Row(case, SCRIPT, ("fast-slic avx2",), 1.3, ONE))
    ROWS.append(Row(case, SCRIPT, ("scikit-image", "opencv"), None, ONE, label=f"{case}: other peers"))
    ROWS.append(Row(f"{case}, every third row", SCRIPT, ("fast-slic avx2",), None, ONE))
    ROWS.append(Row(f"{case}, early stop", SCRIPT, ("fast-slic avx2",), None, ONE, peer_case=case))

case = "grey 512x512, 100 segments"
ROWS.append(Row(case, SCRIPT, ("scikit-image",), 12.0, ONE))
ROWS.append(Row(case, SCRIPT, ("simpleitk",), 10.0, ONE, label=f"{case}, SimpleITK"))
ROWS.append(Row(case, SCRIPT, ("opencv",), None, ONE, label=f"{case}, OpenCV (bytes)"))
for way in ("every third row", "early stop"):
    ROWS.append(Row(f"{case}, {way}", SCRIPT, ("scikit-image", "simpleitk"), None, ONE, peer_case=case))
    ROWS.append(faster_than_all_rows(f"{case}: {way} over all rows", f"{case}, {way}", case))

case = "volume 128x128x64, 400 supervoxels"
ROWS.append(Row(case, SCRIPT, ("scikit-image",), 20.0, ONE))
ROWS.append(Row(case, SCRIPT, ("simpleitk",), 8.0, (1, 2), label=f"{case}, SimpleITK"))
for way in ("every third row", "early stop"):
    ROWS.append(Row(f"{case}, {way}", SCRIPT, ("scikit-image", "simpleitk"), None, ONE, peer_case=case))
    ROWS.append(faster_than_all_rows(f"{case}: {way} over all rows", f"{case}, {way}", case))

# One thread more: our own scaling, whatever the peers' is.
large = "grey 2048x2048, 1600 segments"
ROWS.append(Row(large, SCRIPT, ("simpleitk",), None, (1, 2)))
ROWS.append(Scaling("grey 2048x2048: 2 threads over 1", large, 1.8, peer_may_lower=False))
ROWS.append(Row("rgb 2048x2048, 1600 segments", SCRIPT, ("fast-slic avx2",), None, (1, 2)))
ROWS.append(Scaling("rgb 2048x2048: 2 threads over 1", "rgb 2048x2048, 1600 segments", 1.8, peer_may_lower=False))
ROWS.append(Scaling("volume 128x128x64: 2 threads over 1", f"{case}, SimpleITK", 1.8, peer_may_lower=False))

# Lab allows 4 bytes more per channel.
ROWS.append(bytes_per_pixel("grey 2048x2048: 16 bytes a pixel", large, 16))
ROWS.append(bytes_per_pixel("rgb 2048x2048: 16 + 12 bytes a pixel", "rgb 2048x2048, 1600 segments", 28))
ROWS.append(bytes_per_pixel("volume 128x128x64: 12 bytes a voxel", case, 12))
for name, of in (("grey 2048x2048", large), ("rgb 2048x2048", "rgb 2048x2048, 1600 segments"), ("volume 128x128x64", case)):
    ROWS.append(memory(f"{name}: memory of the process", of, None, ONE))

for case in (
    "CT slices 122x101, 100 segments",
    "CT slices as grey 512x512, 100 segments",
    "CT slices as rgb 640x480, 100 segments",
    "CT slices as rgb 640x480, 1600 segments",
    "CT volume 122x101x112, 400 supervoxels",
):
    ROWS.append(Row(case, SCRIPT, ("scikit-image",), None, ONE))
    for key, name in (("asa", "ASA"), ("boundary_recall", "boundary recall")):
        ROWS.append(difference(f"{case}: {name}, ours minus scikit-image's", case, key, -0.002))
