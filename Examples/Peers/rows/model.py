"""The vocabulary of the row tables: a measured row, and rows computed from measured ones.

Every goal is a row in which larger is better. A table `rows/WORK.py` holds

    REQUIREMENTS   what pip installs for its peers: a list of argument lists, run in this order
    ROWS           the rows, in the order in which they are printed

It imports nothing but this module, because it is read before any peer is installed.
"""

import math
from dataclasses import dataclass
from typing import Callable, Optional


@dataclass(frozen=True)
class Row:
    """Both sides on one case in alternation; ratio = peer's time / our time.

    case        its name on our side (`benchmark WORK --serve CASE`) and, unless peer_case says otherwise, in the script
    script      the peer's script, bench_NAME.py
    settings    the peer's settings to choose from; the fastest counts, the others are reported
    parallel    settings that are tried besides where there is a second thread: worker processes beside the training
    goal        the ratio to reach; None: no goal, a row for information
    threads     at which thread counts the row is measured
    isa         "avx2" holds both sides to AVX2
    label       the row's name if it is not the case (needed when two rows share a case)
    launcher    the command of our side, from this folder's parent on, in place of `benchmark WORK --serve CASE --threads N`
    """

    case: str
    script: str
    settings: tuple = ("default",)
    goal: Optional[float] = None
    threads: tuple = (1, 2)
    isa: Optional[str] = None
    label: Optional[str] = None
    peer_case: Optional[str] = None
    parallel: tuple = ()
    launcher: tuple = ()

    @property
    def name(self):
        return self.label or self.case


@dataclass(frozen=True)
class Derived:
    """A row computed from measured rows of the same thread count: of names them, in this order.

    compute receives their results (dictionaries with the printed keys, and `ours` and `peer_reply`: what each
    process reported besides its time) and returns the ratio, or None when a number is missing.
    """

    name: str
    of: tuple
    compute: Callable
    goal: Optional[float] = None
    threads: tuple = (1, 2)


def geometric_mean(name, of, goal, threads=(1, 2)):
    """The geometric mean of the ratios of the named rows."""

    def compute(*rows):
        ratios = [row["ratio"] for row in rows]
        if not ratios or any(ratio is None or ratio <= 0 for ratio in ratios):
            return None
        return math.exp(sum(map(math.log, ratios)) / len(ratios))

    return Derived(name, tuple(of), compute, goal, threads)


def memory(name, of, goal, threads=(1, 2)):
    """Peak resident memory of the whole process: peer / ours."""
    return Derived(
        name, (of,), lambda row: quotient(row["peer_peak_mib"], row["ours_peak_mib"]), goal, threads
    )


def extra_memory(name, of, goal, threads=(1, 2), returned=0.0):
    """What a repetition adds to the memory that its inputs hold: peer / ours (both report base_mib).

    returned    MiB of the results, which both sides must hold; they do not count
    """

    def compute(row):
        sides = [(side.get("peak_mib"), side.get("base_mib")) for side in (row["peer_reply"], row["ours"])]
        if any(number is None for side in sides for number in side):
            return None
        peer, ours = (peak - base - returned for peak, base in sides)
        return quotient(peer, max(ours, 0.1))

    return Derived(name, (of,), compute, goal, threads)


def difference(name, of, key, goal, threads=(1,)):
    """Ours minus the peer's for a number that both replies carry, such as a quality; goal -0.002 allows that much less."""

    def compute(row):
        ours, peer = row["ours"].get(key), row["peer_reply"].get(key)
        return None if ours is None or peer is None else ours - peer

    return Derived(name, (of,), compute, goal, threads)


def within(name, of, key, limit, threads=(1,)):
    """A number of our reply that must not exceed the limit: limit / ours, goal 1."""
    return Derived(name, (of,), lambda row: quotient(limit, row["ours"].get(key)), 1.0, threads)


def time_within(name, of, reference, factor, threads=(1,)):
    """Our own time on `of` at most `factor` times our time on `reference`: the allowance left, goal 1."""
    return Derived(
        name,
        (of, reference),
        lambda row, base: quotient(
            None if base["ours_ms"] is None else factor * base["ours_ms"], row["ours_ms"]
        ),
        1.0,
        threads,
    )


@dataclass(frozen=True)
class Scaling:
    """Our time at one thread over our time at two. Goal: the given one, or the peer's own scaling if that is lower."""

    name: str
    of: str
    goal: float = 1.8
    peer_may_lower: bool = True


def quotient(numerator, denominator):
    return None if numerator is None or not denominator else numerator / denominator
