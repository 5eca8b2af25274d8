#!/usr/bin/env python3
"""Opens NIfTI files written by MedIO in nibabel and SimpleITK and compares affine, values, header fields and bytes.

    Tests/Interop/run.sh                  installs the two, lets MedIO write its files, and runs this script on them

    MEDIO_INTEROP_FOLDER=DIR MEDIO_INTEROP_DATA=DATA swift test -c release --filter InteropTests
    python3 check_nifti.py DIR            the same by hand

InteropTests writes two kinds of files into DIR:
- NAME.nii(.gz), NAME.hdr with a NAME.json that says what is in them: shape [depth, height, width], affine rows, values
  in memory order. Both libraries must find the same affine and values.
- copy-N-NAME with a .source that holds a path: a file that MedIO read and wrote again. Every byte of the voxels, every
  field of the header and every extension must be that of the source, and both libraries must see the same image.

Prints one line a file and library; ends with 1 on a difference.
"""
import glob
import gzip
import json
import os
import sys

try:
    import nibabel
    import numpy as np
    import SimpleITK as sitk
except ImportError as missing:
    sys.exit(f"check_nifti.py: {missing.name} is not installed")

sitk.ProcessObject.SetGlobalWarningDisplay(False)


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
    affine[:dimension, :dimension] = direction @ np.diag(image.GetSpacing()[:dimension])
    affine[:dimension, 3] = image.GetOrigin()[:dimension]
    # ITK's x and y run toward left and back.
    return np.diag([-1.0, -1, 1, 1]) @ affine, sitk.GetArrayFromImage(image)


class Report:
    def __init__(self):
        self.failures = 0

    def line(self, good, file, what, detail):
        self.failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {file:44} {what:10} {detail}")


def check_described(description, report):
    with open(description) as file:
        wanted = json.load(file)
    path = os.path.join(os.path.dirname(description), wanted["file"])
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
        report.line(good, wanted["file"], name, detail)


def content(path):
    with open(path, "rb") as file:
        data = file.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def check_copy(copy, source, report):
    name = os.path.basename(copy)
    ours, theirs = nibabel.load(copy), nibabel.load(source)
    # nibabel clears some fields as it loads: compare the headers as they are in the files.
    ours_bytes, theirs_bytes = content(copy), content(source)
    kind = type(theirs.header)
    size = kind.template_dtype.itemsize
    fields = [np.frombuffer(data[:size], dtype=kind.template_dtype.newbyteorder(theirs.header.endianness))[0]
              for data in (ours_bytes, theirs_bytes)]
    differing = [field for field in kind.template_dtype.names if fields[0][field].tobytes() != fields[1][field].tobytes()]
    report.line(type(ours.header) is kind and not differing, name, "header",
                f"{len(kind.template_dtype.names)} fields equal" if not differing else f"DIFFERS in {differing}")
    extensions = [[(e.get_code(), e.get_content()) for e in image.header.extensions] for image in (ours, theirs)]
    offsets = [int(field["vox_offset"]) for field in fields]
    length = int(np.prod([int(n) for n in theirs.shape])) * theirs.header.get_data_dtype().itemsize
    voxels = [data[offset:offset + length] for data, offset in zip((ours_bytes, theirs_bytes), offsets)]
    same = voxels[0] == voxels[1] and len(voxels[0]) == length and extensions[0] == extensions[1]
    report.line(same, name, "bytes", f"{length} bytes of voxels and {len(extensions[1])} extensions "
                + ("equal" if same else "DIFFER"))
    for library, read in (("nibabel", by_nibabel), ("SimpleITK", by_simpleitk)):
        try:
            wanted_affine, wanted = read(source)
        except RuntimeError:
            report.line(True, name, library, "does not read the source either")
            continue
        try:
            affine, values = read(copy)
            good = np.array_equal(affine, wanted_affine) and np.array_equal(
                values, wanted, equal_nan=np.issubdtype(wanted.dtype, np.inexact))
            detail = "affine and values equal" if good else "DIFFERS"
        except Exception as error:
            good, detail = False, f"{type(error).__name__}: {error}"
        report.line(good, name, library, detail)


def main(folder):
    report = Report()
    descriptions = sorted(glob.glob(os.path.join(folder, "*.json")))
    sources = sorted(glob.glob(os.path.join(folder, "*.source")))
    if not descriptions or not sources:
        sys.exit(f"check_nifti.py: no descriptions or no copies in {folder}")
    for description in descriptions:
        check_described(description, report)
    for path in sources:
        with open(path) as file:
            check_copy(path[: -len(".source")], file.read(), report)
    print(f"{len(descriptions)} files, {len(sources)} copies, {report.failures} failures "
          f"(nibabel {nibabel.__version__}, SimpleITK {sitk.Version.VersionString()})")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
