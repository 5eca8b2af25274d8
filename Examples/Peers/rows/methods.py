"""Steps of compared methods on views that are given. The peer is bench_methods.py, PyTorch."""

from rows.model import Row, memory

REQUIREMENTS = [["numpy"], ["torch"]]

SCRIPT = "bench_methods.py"
LAYOUTS = ("channels-last", "default", "compile")

ROWS = []
for name in ("MoCo 128", "BYOL 128", "SwAV 128", "supercl 128"):
    ROWS.append(Row(name, SCRIPT, LAYOUTS, 2.3))
    ROWS.append(memory(f"{name}: memory", name, 2.0))
    ROWS.append(Row(name, SCRIPT, LAYOUTS, 2.0, isa="avx2", label=f"{name}: AVX2"))
