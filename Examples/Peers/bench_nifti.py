#!/usr/bin/env python3
"""NIfTI files by nibabel and SimpleITK: reading into float32, inflating, one slice. Page cache warm, one thread.

NIfTIBenchmarks.swift draws the same image. Every file has a folder of its own: asked for x.nii.gz, ITK reads the
voxels of an x.nii that lies beside it.
"""
import gzip
import os
import sys
import tempfile

from peerlib import case, main

try:
    import nibabel
    import numpy as np
except ImportError as missing:
    sys.exit(f"bench_nifti.py: {missing.name} is not installed")


def image(depth):
    """int16 in nibabel's order (i, j, k): a body with two organs and noise, in HU."""
    k, j, i = (np.arange(n, dtype=np.int64).reshape(s) for n, s in ((depth, (-1, 1, 1)), (256, (1, -1, 1)), (256, (1, 1, -1))))
    x, y = i - 128, j - 128
    mixed = ((k * 256 + j) * 256 + i) * 2654435761 & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 15) * 2246822519 & 0xFFFFFFFF
    noise = (mixed >> 13 & 31) - 16
    radius = x * x + y * y
    organ = np.where((x - 40) ** 2 + y * y < 900 + 8 * k, 120, np.where((y > 20) & (radius < 6400), 60, 0))
    return np.where(radius < 12100, organ + noise, -1000).astype(np.int16).transpose(2, 1, 0)


def written(ending, depth):
    """A file, and the folder that must live as long."""
    folder = tempfile.TemporaryDirectory()
    path = os.path.join(folder.name, "image" + ending)
    previous, nibabel.openers.Opener.default_compresslevel = nibabel.openers.Opener.default_compresslevel, 6
    nibabel.save(nibabel.Nifti1Image(image(depth), np.diag([1.5, 1.5, 3, 1])), path)
    nibabel.openers.Opener.default_compresslevel = previous
    return folder, path


for ending in (".nii", ".nii.gz"):

    @case(f"int16 256x256x128 {ending} to float", settings=("nibabel", "simpleitk"))
    def reading(setting, threads, ending=ending):
        folder, path = written(ending, 128)
        wanted = image(128).astype(np.float32)
        if setting == "nibabel":

            def body(folder=folder):
                return nibabel.load(path, mmap=False).get_fdata(dtype=np.float32)

            assert np.array_equal(body(), wanted)
            return lambda: body() is None
        import SimpleITK as sitk

        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)

        def body(folder=folder):
            return sitk.GetArrayFromImage(sitk.ReadImage(path, sitk.sitkFloat32))

        assert np.array_equal(body().T, wanted)
        return lambda: body() is None


@case("int16 256x256x128 .nii.gz inflation alone", settings=("zlib",))
def inflating(setting, threads):
    folder, path = written(".nii.gz", 128)
    with open(path, "rb") as file:
        blob = file.read()
    return lambda folder=folder: gzip.decompress(blob) is None


for depth in (128, 8):

    @case(f"one slice of 256x256x{depth} .nii", settings=("nibabel",))
    def slicing(setting, threads, depth=depth):
        folder, path = written(".nii", depth)
        return lambda folder=folder: np.asarray(nibabel.load(path).dataobj[..., depth // 2], dtype=np.float32) is None


if __name__ == "__main__":
    main()
