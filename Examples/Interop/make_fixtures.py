#!/usr/bin/env python3
"""Writes the reference values of the Swift tests from PyTorch, so that the tests run without it.

    make_fixtures.py [--root DIR]        DIR is the checkout (default: two folders up)

Everything is computed in float64 from inputs and weights that float32 holds exactly. Images are channels-last
[N, H, W, C], volumes [N, D, H, W, C]; weights keep PyTorch's order (OIHW, IOHW for transposed, OIDHW in 3-D) and
linear weights [out, in]. The seed is fixed: another run writes the same bytes.
"""

import argparse
import os
import sys

try:
    import numpy  # noqa: F401
    import safetensors  # noqa: F401
    import torch
except ImportError as missing:
    sys.exit(f"make_fixtures.py: {missing.name} is not installed (pip install torch numpy safetensors)")

from fixture_files import write_provenance
from fixtures_contrastive import contrastive_fixtures, step_fixtures
from fixtures_network import network_fixtures
from fixtures_operators import layer_fixtures, operator_fixtures
from fixtures_training import loss_fixtures, optimizer_fixtures, schedule_fixtures
from methods import byol, desd, dira, gcl, moco, pcl, simclr, simsiam, simtriplet, swav, wcl
from methods.common import remark_on_keys

METHODS = (moco, swav, simclr, byol, simsiam, simtriplet, desd, pcl, wcl, gcl, dira)


def main():
    parser = argparse.ArgumentParser(description="Writes the reference values of the Swift tests.")
    default = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--root", default=default, help="the checkout (default: two folders up)")
    root = parser.parse_args().root
    if not os.path.isdir(os.path.join(root, "Tests")):
        print(f"make_fixtures.py: {root} has no folder Tests", file=sys.stderr)
        return 66
    for suite in ("NNTests", "AutogradTests", "ContrastiveTests"):
        os.makedirs(os.path.join(root, "Tests", suite, "Fixtures"), exist_ok=True)
    torch.set_num_threads(1)
    network_fixtures(root)
    loss_fixtures(root)
    optimizer_fixtures(root)
    schedule_fixtures(root)
    layer_fixtures(root)
    operator_fixtures(root)
    contrastive_fixtures(root)
    step_fixtures(root)
    for method in METHODS:
        method.fixtures(root)
    remark_on_keys()
    write_provenance(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
