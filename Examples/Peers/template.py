#!/usr/bin/env python3
"""Copy me to bench_NAME.py: the smallest peer script. Its rows stand in rows/NAME.py."""

import sys

from peerlib import case, main

try:
    import numpy as np
except ImportError as missing:
    sys.exit(f"template.py: {missing.name} is not installed")


@case("sum 1000000", settings=("numpy", "python"))
def summation(setting, threads):
    """The settings are ways for the peer to do the same work; compare.py takes the fastest."""
    values = np.random.default_rng(0).random(1_000_000)
    if setting == "python":
        numbers = values.tolist()
        return lambda: sum(numbers)
    return lambda: values.sum()


# Many cases of one family: declare them in a loop and bind the loop's values.
for side in (64, 256):

    @case(f"median {side}x{side}")
    def middle(setting, threads, side=side):
        values = np.random.default_rng(0).random((side, side))
        # A body may return a dictionary of numbers: they travel with the timing (here a quality to compare).
        return lambda: dict(median=float(np.median(values)))


if __name__ == "__main__":
    main()
