#!/usr/bin/env python3
"""Makes small scans with bright voxels at a corner, and where nibabel says that these lie in the patient.

    python3 make_geometry.py        writes *.nii.gz and geometry.json beside this file
"""
import json
import pathlib

import nibabel
import numpy

here = pathlib.Path(__file__).parent
# The first voxel, two beside it along i, one further along j, and one further along k where there is one: no mirror image
# of these and no permutation of the axes looks the same.
MARKS = [(0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 0, 1)]


def rotation(x, y, z):
    """Turns about the three axes, in degrees."""
    def about(axis, angle):
        c, s = numpy.cos(numpy.radians(angle)), numpy.sin(numpy.radians(angle))
        matrix = numpy.eye(3)
        first, second = [(1, 2), (0, 2), (0, 1)][axis]
        matrix[first, first] = matrix[second, second] = c
        matrix[first, second], matrix[second, first] = -s, s
        return matrix
    return about(2, z) @ about(1, y) @ about(0, x)


def affine(matrix, zooms, place):
    result = numpy.eye(4)
    result[:3, :3] = numpy.asarray(matrix, float) @ numpy.diag(zooms)
    result[:3, 3] = place
    return result


LEFT_HANDED = numpy.diag([-1.0, 1, 1])
CASES = {
    # name: shape (i, j, k, volumes), affine, forms
    "series": ((10, 12, 9, 3), affine(LEFT_HANDED, (2, 2, 2.5), (90, -120, -70)), ("sform", "qform")),
    "slice": ((17, 20, 1), affine(rotation(10, 0, 0), (1, 1, 5), (-8, 3, 40)), ("sform", "qform")),
    "thick": ((14, 21, 9), affine(numpy.eye(3), (0.7, 0.7, 5), (-100, 20, 33)), ("qform",)),
    "oblique": ((14, 21, 10), affine(rotation(20, -12, 30), (1.1, 0.9, 2), (-40, 12, -7)), ("sform",)),
    "oblique-left-handed": (
        (14, 21, 10), affine(rotation(20, -12, 30) @ LEFT_HANDED, (1.1, 0.9, 2), (40, 12, -7)), ("qform",)),
    "sagittal": (
        (14, 21, 9), affine([[0, 0, 1], [-1, 0, 0], [0, 1, 0]], (1, 1.5, 2), (-30, 10, 4)), ("sform", "qform")),
    "thick-oblique-coronal": (
        (21, 14, 9), affine(rotation(0, 15, 0) @ [[1, 0, 0], [0, 0, 1], [0, -1, 0]], (0.8, 0.8, 5), (5, -60, 90)),
        ("sform", "qform")),
}

found = {}
for name, (shape, place, forms) in CASES.items():
    values = numpy.full(shape, 0.2, numpy.float32)
    marks = [mark for mark in MARKS if mark[2] < shape[2]]
    for i, j, k in marks:
        values[i, j, k] = 0.9  # of a series in every volume
    image = nibabel.Nifti1Image(values, None)
    image.header.set_xyzt_units("mm", "sec")
    image.set_sform(place if "sform" in forms else None, code=1 if "sform" in forms else 0)
    image.set_qform(place if "qform" in forms else None, code=1 if "qform" in forms else 0)
    if "qform" not in forms:
        image.header["pixdim"][1:4] = nibabel.affines.voxel_sizes(place)
    if len(shape) == 4:
        image.header["pixdim"][4] = 1.25
    file = here / f"{name}.nii.gz"
    nibabel.save(image, file)
    # What a reader sees.
    again = nibabel.load(file)
    world = nibabel.affines.apply_affine(again.affine, marks)
    assert numpy.allclose(again.affine, place, atol=1e-4), (name, again.affine, place)
    found[name] = {
        "shape": list(shape), "marks": marks, "world": [[round(float(x), 5) for x in row] for row in world],
        "orientation": "".join(nibabel.aff2axcodes(again.affine)),
    }
(here / "geometry.json").write_text(json.dumps(found, indent=1) + "\n")
