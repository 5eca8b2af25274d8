#!/usr/bin/env python3
"""Opens NIfTI files written by MedIO in nibabel and SimpleITK and compares affine and values.

    pip install nibabel SimpleITK
    MEDIO_INTEROP_FOLDER=DIR swift test -c release --filter InteropTests
    python3 check_nifti.py DIR

The test writes pairs NAME.nii(.gz), NAME.hdr or NAME.img with a NAME.json that says what is in them: shape
[depth, height, width], affine rows, values in memory order. Prints one line a file; ends with 1 on a difference.
"""
import glob
import json
import os
import sys

import numpy as np

try:
    import nibabel
    import SimpleITK as sitk
except ImportError as missing:
    sys.exit(f"check_nifti.py: {missing.name} is not installed")


def by_nibabel(path):
    image = nibabel.load(path)
    values = np.asarray(image.dataobj)
    # nibabel's axes are (i, j, k, t); memory order is the reverse.
    return image.affine, values.transpose(range(values.ndim)[::-1])


def by_simpleitk(path):
    image = sitk.ReadImage(path)
    dimension = min(3, image.GetDimension())
    direction = np.array(image.GetDirection()).reshape(image.GetDimension(), -1)[:dimension, :dimension]
    affine = np.eye(4)
    affine[:3, :3] = direction @ np.diag(image.GetSpacing()[:dimension])
    affine[:3, 3] = image.GetOrigin()[:3]
    # ITK's x and y run toward left and back.
    return np.diag([-1.0, -1, 1, 1]) @ affine, sitk.GetArrayFromImage(image)


def main(folder):
    failures = 0
    descriptions = sorted(glob.glob(os.path.join(folder, "*.json")))
    if not descriptions:
        sys.exit(f"check_nifti.py: no descriptions in {folder}")
    for description in descriptions:
        with open(description) as file:
            wanted = json.load(file)
        path = os.path.join(folder, wanted["file"])
        values = np.array(wanted["values"], dtype=np.float64).reshape(wanted["shape"])
        affine = np.array(wanted["affine"])
        readers = [("nibabel", by_nibabel)]
        # ITK holds orthonormal directions only; the sheared files are NIfTI-2, which ITK 5.4 does not read.
        if not wanted["sheared"]:
            readers.append(("SimpleITK", by_simpleitk))
        for name, read in readers:
            try:
                found_affine, found = read(path)
                difference = float(np.abs(found_affine - affine).max())
                same = found.shape == values.shape and np.array_equal(found.astype(np.float64), values, equal_nan=True)
                good = same and difference < 1e-4
                detail = f"affine differs by {difference:.1e}, values {'equal' if same else 'DIFFER'}"
            except Exception as error:  # any failure to read is a result here
                good, detail = False, f"{type(error).__name__}: {error}"
            failures += not good
            print(f"{'ok  ' if good else 'FAIL'} {wanted['file']:40} {name:10} {detail}")
    print(f"{len(descriptions)} files, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
