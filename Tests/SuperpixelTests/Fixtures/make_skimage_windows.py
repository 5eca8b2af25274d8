"""Writes skimage-windows.json: runs of scikit-image's slic where its window differs from the seeds' steps.

    pip install scikit-image==0.26.0
    python make_skimage_windows.py > skimage-windows.json

Inside a mask scikit-image draws its seeds at random; for these cases `_get_mask_centroids` is replaced by the halving
that SLIC's documentation describes, and everything after the seeds is scikit-image's.
"""

import json
import sys

import numpy as np
from skimage.segmentation import slic, slic_superpixels
from skimage.util import regular_grid


def halved_mask(mask, count, _):
    coordinates, order = np.argwhere(mask), np.flatnonzero(mask)
    count = min(count, len(order))
    seeds = []

    def split(chosen, parts):
        if parts == 1:
            seeds.append(coordinates[chosen].sum(0) / len(chosen))
            return
        lengths = np.ptp(coordinates[chosen], axis=0) + 1
        axis = max(range(3), key=lambda a: (lengths[a] > 1, lengths[a], -a))
        chosen = chosen[np.lexsort((order[chosen], coordinates[chosen, axis]))]
        middle = len(chosen) * (parts // 2) // parts
        split(chosen[:middle], parts // 2)
        split(chosen[middle:], parts - parts // 2)

    split(np.arange(len(order)), count)
    axes = sum(extent > 1 for extent in mask.shape)
    step = (len(order) / count) ** (1 / axes)
    return np.array(seeds, dtype=float), np.array([step] * 3)


slic_superpixels._get_mask_centroids = halved_mask


def runs(values):
    values = np.asarray(values, dtype=int).ravel()
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    return [[int(values[a]), int(b - a)] for a, b in zip(starts, np.r_[starts[1:], len(values)])]


def steps(shape, count):
    """The steps of the seeds' grid and of the window's."""
    shape = (1,) * (3 - len(shape)) + tuple(shape)
    grid = regular_grid(shape, count)
    seeds = np.zeros(shape)[grid].size
    return [[s.step or 1 for s in regular_grid(shape, n)] for n in (count, seeds)]


def pattern(shape, channels, scalar, generator):
    axes = np.meshgrid(*[np.arange(extent) for extent in shape], indexing="ij")
    factors = generator.integers(1, 17, (channels, len(shape)))
    planes = [sum(f * axis for f, axis in zip(row, axes)) % 32 * 7 for row in factors]
    image = np.stack(planes, axis=-1) + 30 * (axes[-1] > shape[-1] // 2)[..., None]
    if scalar == "int8":
        image = image - 128
        image.flat[0], image.flat[-1] = -128, -127
        image = np.clip(image, -128, 127)
    return ((image / 255.0).round(3) if scalar.startswith("float") else image).astype(scalar)


def case(name, image, count, compactness, iterations, connectivity=False, mask=None, slico=False, spacing=()):
    channels = image.shape[-1]
    labels = slic(
        image if channels > 1 else image[..., 0], n_segments=count, compactness=compactness,
        max_num_iter=iterations, enforce_connectivity=connectivity, slic_zero=slico,
        spacing=list(spacing) or None, mask=mask, channel_axis=-1 if channels > 1 else None)
    spatial = list(image.shape[:-1])
    if mask is None and steps(spatial, count)[0] == steps(spatial, count)[1] and len(set(steps(spatial, count)[0])) == 1:
        print(f"{name}: its window is that of the seeds", file=sys.stderr)
    return {
        "name": name, "spatial": spatial, "channels": channels, "scalar": str(image.dtype),
        "values": image.ravel().tolist(), "segments": count, "compactness": compactness,
        "iterations": iterations, "spacing": list(spacing), "sigma": 0, "slico": slico,
        "connectivity": connectivity, "start": 1, "minimum": 0.5, "maximum": 3.0,
        "mask": None if mask is None else runs(mask), "labels": runs(labels),
    }


def main():
    generator = np.random.default_rng(26)
    y, x = np.mgrid[:20, :21]
    plane = (((7 * x + 13 * y) % 32) / 31 + np.where(x > 10, 0.5, 0))[..., None]
    cases = [
        case("window 20x21, K 10, c .03, 2 passes", plane, 10, 0.03, 2),
        case("window 20x21, K 10, c .1, 2 passes", plane, 10, 0.1, 2),
        case("window 20x21, K 10, c .03, 10 passes", plane, 10, 0.03, 10),
        case("window 20x21, K 10, connected", plane, 10, 0.3, 10, connectivity=True),
    ]
    for shape, channels, scalar, counts in [
        ((32, 37), 1, "uint8", (40, 130)), ((29, 24), 2, "float32", (12, 75)), ((17, 40), 4, "uint8", (33,)),
        ((25, 22), 1, "int8", (20,)), ((8, 20, 22), 1, "uint8", (8, 20)), ((6, 13, 12), 2, "float32", (22,)),
        ((3, 18, 19), 1, "uint8", (14,)),
    ]:
        image = pattern(shape, channels, scalar, generator)
        size = "x".join(map(str, shape))
        for count in counts:
            cases.append(case(f"window {size}x{channels} {scalar}, K {count}", image, count, 0.02, 4))
            if len(shape) == 2 or count == 20:
                cases.append(case(
                    f"window {size}x{channels} {scalar}, K {count}, connected, spaced", image, count, 0.8, 5,
                    connectivity=True, spacing=(1.5, 0.8) if len(shape) == 2 else (2.0, 0.8, 1.0)))
    ragged = pattern((22, 26), 1, "uint8", generator)
    cases.append(case("window SLICO 22x26, K 18", ragged, 18, 0.05, 5, slico=True))
    # Clusters that lose all their pixels: scikit-image divides 0 by 0, and they never come back.
    lost = generator.integers(0, 3, (24, 23, 1)).astype("uint8") * 100
    for count in (60, 140):
        cases.append(case(f"lost clusters 24x23, K {count}", lost, count, 0.003, 6))
    rows, columns = np.mgrid[:22, :26]
    disc = (rows - 11) ** 2 / 90 + (columns - 12) ** 2 / 120 < 1
    for count in (7, 30):
        cases.append(case(f"window in a mask 22x26, K {count}", ragged, count, 0.01, 4, mask=disc))
    deep = pattern((6, 13, 12), 1, "uint8", generator)
    ball = np.add.outer(np.add.outer((np.arange(6) - 2) ** 2 / 8, (np.arange(13) - 6) ** 2 / 30), (np.arange(12) - 5) ** 2 / 30) < 1
    cases.append(case("window in a mask 6x13x12, K 9", deep, 9, 0.01, 4, mask=ball))
    lines = [json.dumps(entry, separators=(",", ":")) for entry in cases]
    print("[\n" + ",\n".join(lines) + "\n]")


main()
