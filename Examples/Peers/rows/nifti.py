"""Reading NIfTI files: the rows of the MedIO goals. The peers are in bench_nifti.py."""
from rows.model import Derived, Row, quotient, time_within

REQUIREMENTS = [["numpy", "nibabel", "SimpleITK"]]

SCRIPT = "bench_nifti.py"
ONE = (1,)


def result_plus(name, of, result_mib, allowed_mib):
    """What a repetition adds to the memory of the process: (result + allowed) / ours, goal 1."""

    def compute(row):
        ours = row["ours"]
        if any(ours.get(key) is None for key in ("peak_mib", "base_mib")):
            return None
        return quotient(result_mib + allowed_mib, max(0.01, ours["peak_mib"] - ours["base_mib"]))

    return Derived(name, (of,), compute, 1.0, ONE)


ROWS = []
for ending, goal in ((".nii", 1.5), (".nii.gz", 1.1)):
    case = f"int16 256x256x128 {ending} to float"
    ROWS.append(Row(case, SCRIPT, ("nibabel",), goal, ONE))
    ROWS.append(Row(case, SCRIPT, ("simpleitk",), None, ONE, label=f"{case}, SimpleITK"))
    ROWS.append(result_plus(f"{case}: result + 4 MiB", case, 32, 4))
ROWS.append(Row("int16 256x256x128 .nii.gz inflation alone", SCRIPT, ("zlib",), None, ONE))
ROWS.append(
    Derived(
        "int16 256x256x128 .nii.gz: share of inflation in our time",
        ("int16 256x256x128 .nii.gz inflation alone", "int16 256x256x128 .nii.gz to float"),
        lambda inflation, whole: quotient(inflation["ours_ms"], whole["ours_ms"]),
        None,
        ONE,
    )
)
for depth in (128, 8):
    ROWS.append(Row(f"one slice of 256x256x{depth} .nii", SCRIPT, ("nibabel",), None, ONE))
# The same time whatever the size; a quarter is left for noise.
ROWS.append(
    time_within("one slice: 128 planes as fast as 8", "one slice of 256x256x128 .nii", "one slice of 256x256x8 .nii", 1.25)
)
