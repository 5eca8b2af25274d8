"""Training steps, whole and in parts: the rows of the compute issue. The peer is bench_step.py, PyTorch."""

from rows.model import Row, Scaling, memory, time_within

REQUIREMENTS = [
    ["numpy"],
    ["torch"],
    ["scipy", "scikit-image", "opencv-contrib-python-headless", "batchgenerators"],
]

SCRIPT = "bench_step.py"
LAYOUTS = ("channels-last", "default", "compile")
MAKERS = ("scikit-image", "opencv", "batchgenerators")
UNET = ("unet 128", "unet 256")
SUPERCL = ("supercl 128", "supercl 256", "supercl 512")
# The whole step as each of the layouts and makers, and with two processes that make the next step's views during a step.
WHOLE = LAYOUTS + tuple(f"{layout} {maker}" for layout in ("channels-last", "compile") for maker in MAKERS[1:])
PARALLEL = tuple(f"{layout} {maker} 2-workers" for layout in ("channels-last", "compile") for maker in MAKERS)

ROWS = []
# First what a user waits for: a step with the making of what it reads.
for name in (*SUPERCL, *UNET):
    goal = 2.7 if name == "supercl 512" else 3.0
    ROWS.append(Row(f"whole {name}", SCRIPT, WHOLE, goal, parallel=PARALLEL))
    ROWS.append(memory(f"whole {name}: memory", f"whole {name}", 2.2))
    ROWS.append(Scaling(f"whole {name}: 2 threads over 1", f"whole {name}", 1.85))
for name in ("supercl 128", "unet 128"):
    ROWS.append(Row(f"whole {name}", SCRIPT, WHOLE, 2.5, isa="avx2", parallel=PARALLEL, label=f"whole {name}: AVX2"))
for goal, names in ((2.0, UNET), (2.2, SUPERCL)):
    for name in names:
        ROWS.append(Row(name, SCRIPT, LAYOUTS, goal))
        ROWS.append(memory(f"{name}: memory", name, 2.0))
        ROWS.append(Scaling(f"{name}: 2 threads over 1", name, 1.8))
for name in UNET:
    ROWS.append(Row(name, SCRIPT, ("bf16",), 1.0, label=f"{name}: float32 against bf16"))
for name in (*UNET, *SUPERCL):
    ROWS.append(Row(name, SCRIPT, LAYOUTS, 1.5, isa="avx2", label=f"{name}: AVX2"))
# Volumes: a step, and the making of a batch's views and supervoxels, which may take a quarter of it.
ROWS.append(Row("unet3d 64", SCRIPT, LAYOUTS, 2.0))
ROWS.append(memory("unet3d 64: memory", "unet3d 64", 2.0))
ROWS.append(Scaling("unet3d 64: 2 threads over 1", "unet3d 64", 1.8))
ROWS.append(Row("views3d 64", SCRIPT, MAKERS[:1], None))
ROWS.append(
    time_within("views3d 64: a quarter of the step", "views3d 64", "unet3d 64", 0.25, threads=(1, 2))
)
# What the quickstart trains; no goal of its own.
ROWS.append(Row("small unet 128", SCRIPT, LAYOUTS, None))
# Superpixels and augmentation, which only the whole steps have. The goal is that of one thread.
for name in SUPERCL:
    ROWS.append(Row(name.replace("supercl", "views"), SCRIPT, MAKERS, 6.0))
