#!/usr/bin/env python3
"""SLIC by scikit-image, SimpleITK, fast-slic and OpenCV: ten passes over every row unless the name says otherwise,
with connectivity. SLICScene.swift and SLICQualityBenchmarks.swift make the same images.

Compactness means the same everywhere: 10 against lightness in 0...100 (scikit-image takes grey in 0...1, so .1 there).
"""
import os
import sys

from peerlib import case, main

try:
    import numpy as np
except ImportError as missing:
    sys.exit(f"bench_slic.py: {missing.name} is not installed")

PASSES = 10


# ------------------------------------------------------------------------------------------------- images
def mixed(index):
    """A hash of 32 bits, of integers or arrays."""
    value = np.asarray(index, dtype=np.uint64) * 2654435761 & 0xFFFFFFFF
    value = (value ^ value >> 15) * 2246822519 & 0xFFFFFFFF
    return value ^ value >> 13


def scene(depth, height, width, channels):
    """Discs (balls) over a gradient with noise, bytes: (depth, height, width, channels)."""
    z, y, x = (np.arange(n).reshape(s) for n, s in ((depth, (-1, 1, 1)), (height, (1, -1, 1)), (width, (1, 1, -1))))
    base = np.broadcast_to((40 + 100 * x // width + 40 * y // height)[..., None], (depth, height, width, channels)).copy()
    for number in range(24):
        cz, cy, cx = (int(mixed(5 * number + axis)) % n for axis, n in enumerate((depth, height, width)))
        radius = width // 16 + int(mixed(5 * number + 3)) % (width // 6)
        inside = (z - cz) ** 2 + (y - cy) ** 2 + (x - cx) ** 2 < radius * radius
        for channel in range(channels):
            base[inside, channel] = 40 + int(mixed(1000 + 3 * number + channel)) % 180
    noise = (mixed(np.arange(base.size)) >> 13 & 15).astype(np.int64).reshape(base.shape) - 8
    return np.clip(base + noise, 0, 255).astype(np.uint8)


def grey(depth, height, width):
    image = (scene(depth, height, width, 1)[..., 0].astype(np.float32) / np.float32(255)).astype(np.float32)
    return image if depth > 1 else image[0]


# ------------------------------------------------------------------------------------------------ libraries
def skimage(image, count, rgb=False):
    """The call of scikit-image on the array as it is."""
    from skimage.segmentation import slic

    options = dict(compactness=10, channel_axis=-1) if rgb else dict(compactness=0.1, channel_axis=None)
    return lambda: slic(image, count, max_num_iter=PASSES, start_label=0, **options)


def simpleitk(image, count, threads):
    """ITK's SLIC takes no sRGB and no range of its own: grey goes in as 0...100, untimed."""
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    step = max(2, round((image.size / count) ** (1 / image.ndim)))
    itk = sitk.GetImageFromArray(np.ascontiguousarray(image * np.float32(100)))

    def body():
        found = sitk.SLICImageFilter()
        found.SetSuperGridSize([step] * image.ndim)
        found.SetMaximumNumberOfIterations(PASSES)
        found.SetSpatialProximityWeight(10.0)
        found.SetEnforceConnectivity(True)
        return sitk.GetArrayViewFromImage(found.Execute(itk))

    return body


def fast_slic(image, count, threads, stride):
    from fast_slic.avx2 import SlicAvx2

    # A new object a call: one that is used again starts from where it ended.
    return lambda: SlicAvx2(
        num_components=count, compactness=10, subsample_stride=stride, num_threads=threads
    ).iterate(image, max_iter=PASSES)


def opencv(image, count, threads):
    """The conversion to Lab is timed, as in the others."""
    import cv2

    cv2.setNumThreads(threads)
    step = max(2, round((image.shape[0] * image.shape[1] / count) ** 0.5))

    def body():
        lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB) if image.ndim == 3 else image
        found = cv2.ximgproc.createSuperpixelSLIC(lab, algorithm=cv2.ximgproc.SLIC, region_size=step, ruler=10.0)
        found.iterate(PASSES)
        found.enforceLabelConnectivity(25)
        return found.getLabels()

    return body


def untimed_result(body):
    """The same call without its result, which is no number."""
    return lambda: body() is None


# --------------------------------------------------------------------------------------------------- timing
for count in (100, 1600):

    @case(f"rgb 640x480, {count} segments", settings=("fast-slic avx2", "scikit-image", "opencv"))
    def rgb(setting, threads, count=count):
        image = scene(1, 480, 640, 3)[0]
        if setting == "fast-slic avx2":
            return untimed_result(fast_slic(image, count, threads, 1))
        return untimed_result(
            skimage(image, count, rgb=True) if setting == "scikit-image" else opencv(image, count, threads)
        )

    @case(f"rgb 640x480, {count} segments, every third row", settings=("fast-slic avx2",))
    def rgb_third(setting, threads, count=count):
        return untimed_result(fast_slic(scene(1, 480, 640, 3)[0], count, threads, 3))


for side, count in ((512, 100), (2048, 1600)):

    @case(f"grey {side}x{side}, {count} segments", settings=("scikit-image", "simpleitk", "opencv"))
    def plane(setting, threads, side=side, count=count):
        image = grey(1, side, side)
        if setting == "scikit-image":
            return untimed_result(skimage(image, count))
        if setting == "opencv":
            return untimed_result(opencv((image * 255).astype(np.uint8), count, threads))
        return untimed_result(simpleitk(image, count, threads))


@case("rgb 2048x2048, 1600 segments", settings=("fast-slic avx2",))
def large_rgb(setting, threads):
    return untimed_result(fast_slic(scene(1, 2048, 2048, 3)[0], 1600, threads, 1))


@case("volume 128x128x64, 400 supervoxels", settings=("scikit-image", "simpleitk"))
def volume(setting, threads):
    image = grey(64, 128, 128)
    return untimed_result(skimage(image, 400) if setting == "scikit-image" else simpleitk(image, 400, threads))


# -------------------------------------------------------------------------------------------------- quality
def read_ct():
    """The CT in 0...1 (-160...240 HU) and its labels, (depth, height, width)."""
    import nibabel

    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Data", "abdomen_ct")
    image, labels = (nibabel.load(os.path.join(folder, name)) for name in ("ct.nii.gz", "labels.nii.gz"))
    image = (image.get_fdata(dtype=np.float32).T + np.float32(160)) / np.float32(400)
    return np.clip(image, 0, 1).astype(np.float32), np.asarray(labels.dataobj).T.astype(np.int32)


def boundaries(labels):
    """Pixels with a neighbour (4 or 6) of another label."""
    found = np.zeros(labels.shape, bool)
    for axis in range(labels.ndim):
        differs = np.diff(labels, axis=axis) != 0
        first = [slice(None)] * labels.ndim
        second = list(first)
        first[axis], second[axis] = slice(None, -1), slice(1, None)
        found[tuple(first)] |= differs
        found[tuple(second)] |= differs
    return found


def quality(superpixels, labels):
    from scipy import ndimage

    _, segments = np.unique(superpixels, return_inverse=True)
    pairs = np.unique(segments.ravel().astype(np.int64) << 32 | labels.ravel(), return_counts=True)
    best = np.zeros(segments.max() + 1, np.int64)
    np.maximum.at(best, pairs[0] >> 32, pairs[1])
    radius = int(np.floor(0.0025 * np.sqrt(sum(n * n for n in labels.shape)) + 0.5))
    wanted, found = boundaries(labels), boundaries(superpixels)
    if radius:
        found = ndimage.maximum_filter(found, 2 * radius + 1, mode="constant")
    return dict(asa=best.sum() / labels.size, boundary_recall=found[wanted].mean() if wanted.any() else 1.0,
                segments=segments.max() + 1)


def with_quality(calls, references):
    """Segments all images; the quality is computed once, untimed."""
    scores = [quality(call(), reference) for call, reference in zip(calls, references)]
    mean = {key: float(np.mean([score[key] for score in scores])) for key in scores[0]}

    def body():
        for call in calls:
            call()
        return mean

    return body


def ct_slices(height, width):
    """Every eighth slice, enlarged by repetition of pixels."""
    image, labels = read_ct()
    rows, columns = (np.arange(n) * old // n for n, old in zip((height, width), image.shape[1:]))
    planes = range(4, image.shape[0], 8)
    return ([np.ascontiguousarray(volume[index][np.ix_(rows, columns)]) for index in planes] for volume in (image, labels))


def any_library(setting, image, count, threads, rgb=False):
    if setting == "scikit-image":
        return skimage(image, count, rgb)
    if setting == "simpleitk":
        return simpleitk(image, count, threads)
    return fast_slic(image, count, threads, 1)


for name, height, width in (("CT slices 122x101", 101, 122), ("CT slices as grey 512x512", 512, 512)):

    @case(f"{name}, 100 segments", settings=("scikit-image", "simpleitk"))
    def grey_slices(setting, threads, height=height, width=width):
        images, labels = ct_slices(height, width)
        return with_quality([any_library(setting, image, 100, threads) for image in images], labels)


for count in (100, 1600):

    @case(f"CT slices as rgb 640x480, {count} segments", settings=("scikit-image", "fast-slic avx2"))
    def rgb_slices(setting, threads, count=count):
        images, labels = ct_slices(480, 640)
        pictures = [np.repeat(np.floor(image * np.float32(255)).astype(np.uint8)[..., None], 3, axis=2) for image in images]
        return with_quality([any_library(setting, picture, count, threads, rgb=True) for picture in pictures], labels)


@case("CT volume 122x101x112, 400 supervoxels", settings=("scikit-image", "simpleitk"))
def ct_volume(setting, threads):
    image, labels = read_ct()
    return with_quality([any_library(setting, image, 400, threads)], [labels])


if __name__ == "__main__":
    main()
