#!/usr/bin/env python3
"""Scores of masks in a volume of 256 x 256 x 64 voxels by SciPy, MONAI, medpy, SimpleITK and surface-distance.

Each computes HD95 (the larger of the directed percentiles), ASSD (pooled) and surface Dice (points within 2 mm) from
one set of surface distances, in the box around both masks, one measurement for all three scores. MetricsBenchmarks.swift
draws the same masks.
"""
import sys

from peerlib import case, main

try:
    import numpy as np
except ImportError as missing:
    sys.exit(f"bench_metrics.py: {missing.name} is not installed")

SHAPE, SPACING, TOLERANCE = (64, 256, 256), (3.0, 1.5, 1.5), 2.0
ORGANS = (("large organ", 0.7), ("small organ", 0.2))


# ------------------------------------------------------------------------------------------------ masks
def axes():
    return np.meshgrid(*[2 * np.arange(n, dtype=np.float64) / (n - 1) - 1 for n in SHAPE], indexing="ij", sparse=True)


def organ(scale, shift, phase):
    z, y, x = axes()
    wobble = (0.1 * np.sin(9 * z + 4 * y + phase) * np.sin(23 * y + phase) + 0.1 * np.sin(21 * x - 5 * z + 2 * phase))
    dz, dy, dx = z / scale, (y - shift) / scale, (x + shift) / scale
    return np.ascontiguousarray(dz * dz + dy * dy + dx * dx + wobble < 1)


def pair(scale):
    return organ(scale, 0, 0), organ(scale, 0.03, 1.5)


def box(a, b):
    """The box around both masks, one axis after the other: faster than scipy.ndimage.find_objects."""
    union = a | b
    planes = np.flatnonzero(union.any(axis=(1, 2)))
    part = union[planes[0]:planes[-1] + 1]
    rows, columns = np.flatnonzero(part.any(axis=(0, 2))), np.flatnonzero(part.any(axis=(0, 1)))
    return tuple(slice(i[0], i[-1] + 1) for i in (planes, rows, columns))


# ------------------------------------------------------------------------------------ surface distances
def by_scipy():
    from scipy import ndimage

    def distances(a, b):
        inside = box(a, b)
        a, b = a[inside], b[inside]
        first, second = (m ^ ndimage.binary_erosion(m) for m in (a, b))
        return (ndimage.distance_transform_edt(~second, sampling=SPACING)[first],
                ndimage.distance_transform_edt(~first, sampling=SPACING)[second])

    return distances


def by_simpleitk():
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

    def distances(a, b):
        inside = box(a, b)
        contours, maps = [], []
        for mask in (a[inside], b[inside]):
            # A border of background: ITK takes the outside of an image for foreground.
            image = sitk.GetImageFromArray(np.pad(mask, 1).view(np.uint8))
            image.SetSpacing(SPACING[::-1])
            contour = sitk.LabelContour(image)
            contours.append(sitk.GetArrayViewFromImage(contour).astype(bool))
            maps.append(sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(
                contour, squaredDistance=False, useImageSpacing=True)))
        return np.abs(maps[1][contours[0]]), np.abs(maps[0][contours[1]])

    return distances


def by_medpy():
    from medpy.metric import binary

    surface_distances = getattr(binary, "__surface_distances")

    def distances(a, b):
        inside = box(a, b)
        a, b = a[inside], b[inside]
        return surface_distances(a, b, SPACING, 1), surface_distances(b, a, SPACING, 1)

    return distances


def by_monai():
    import torch
    from monai.metrics.utils import get_edge_surface_distance

    torch.set_num_threads(1)

    def distances(a, b):
        inside = box(a, b)
        _, found, _ = get_edge_surface_distance(torch.from_numpy(a[inside]), torch.from_numpy(b[inside]),
                                                distance_metric="euclidean", spacing=list(SPACING), symmetric=True)
        return tuple(d.numpy() for d in found)

    return distances


LIBRARIES = {"scipy": by_scipy, "monai": by_monai, "medpy": by_medpy, "simpleitk": by_simpleitk}


def scores(first, second):
    near = np.count_nonzero(first <= TOLERANCE) + np.count_nonzero(second <= TOLERANCE)
    return dict(hd95_mm=float(max(np.percentile(first, 95), np.percentile(second, 95))),
                assd_mm=float((first.sum(dtype=np.float64) + second.sum(dtype=np.float64)) / (first.size + second.size)),
                surface_dice=near / (first.size + second.size))


for name, scale in ORGANS:

    @case(f"{name}: HD95 + ASSD + surface Dice", settings=tuple(LIBRARIES))
    def surface(setting, threads, scale=scale):
        a, b = pair(scale)
        distances = LIBRARIES[setting]()
        return lambda: scores(*distances(a, b))

    @case(f"{name}: surfel-weighted", settings=("surface-distance",))
    def surfels(setting, threads, scale=scale):
        import surface_distance

        a, b = pair(scale)

        def body():
            found = surface_distance.compute_surface_distances(b, a, SPACING)
            return dict(hd95_mm=float(surface_distance.compute_robust_hausdorff(found, 95)),
                        assd_mm=float(np.mean(surface_distance.compute_average_surface_distance(found))),
                        surface_dice=float(surface_distance.compute_surface_dice_at_tolerance(found, TOLERANCE)))

        return body

    @case(f"{name}: Dice", settings=("numpy", "simpleitk"))
    def overlap(setting, threads, scale=scale):
        a, b = pair(scale)
        if setting == "numpy":
            return lambda: dict(dice=float(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))))
        import SimpleITK as sitk

        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
        images = [sitk.GetImageFromArray(m.view(np.uint8)) for m in (a, b)]

        def body():
            measures = sitk.LabelOverlapMeasuresImageFilter()
            measures.Execute(*images)
            return dict(dice=float(measures.GetDiceCoefficient()))

        return body


@case("large organ: distance transform", settings=("scipy", "simpleitk"))
def transform(setting, threads):
    a, _ = pair(0.7)
    if setting == "scipy":
        from scipy import ndimage

        return lambda: ndimage.distance_transform_edt(~a, sampling=SPACING)
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    image = sitk.GetImageFromArray(a.view(np.uint8))
    image.SetSpacing(SPACING[::-1])
    return lambda: sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)


@case("ten classes", settings=("scipy",))
def classes(setting, threads):
    a, b = pair(0.7)
    _, y, x = axes()
    wedge = 1 + np.minimum(9, ((np.arctan2(y, x) / (2 * np.pi) + 0.5) * 10).astype(np.int32))
    first, second = (np.where(m, wedge, 0).astype(np.int32) for m in (a, b))
    distances = by_scipy()

    def body():
        found = [scores(*distances(first == label, second == label)) for label in range(1, 11)]
        return dict(classes=len(found), hd95_mm=found[0]["hd95_mm"])

    return body


@case("their union", settings=("scipy",))
def union(setting, threads):
    a, b = (m.astype(np.int32) for m in pair(0.7))
    distances = by_scipy()
    return lambda: dict(classes=1, hd95_mm=scores(*distances(a == 1, b == 1))["hd95_mm"])


if __name__ == "__main__":
    main()
