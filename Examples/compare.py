#!/usr/bin/env python3
"""Runs our benchmarks and the Python peers in alternation and prints one row per case.

    compare.sh WORK... [--threads N] [--json FILE] [--only TEXT] [--pairs N] [--setting NAME]
               [--python PATH] [--no-build]

WORK is a table in Peers/rows, or `all`. The peers are installed with pip into .venv-peer beside this file. Both
sides are processes that answer one line with one timed repetition (Peers/README.md), so machine noise meets both.
Keys of a row: work, threads, ours_ms, peer, peer_ms, peer_all, ratio, ours_peak_mib, peer_peak_mib, goal; and
besides case, group, ours_spread, peer_spread, ratio_low, ratio_high, pairs, met, note. The file of --json has one
row a line.
"""

import argparse
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "Peers")
VENV = os.path.join(HERE, ".venv-peer")
BUILD = os.path.join(os.path.dirname(HERE), ".build")
BENCHMARK = os.path.join(BUILD, "release", "benchmark")
sys.path.insert(0, PEERS)

from alternation import Comparison, log  # noqa: E402
from rows.model import Derived, Row, Scaling  # noqa: E402


def fail(message, code):
    print(f"compare: {message}", file=sys.stderr)
    sys.exit(code)


# ------------------------------------------------------------------------------------------------ set-up
def load_works(names):
    """The row tables; `all` takes every table there is."""
    known = sorted(
        name[:-3]
        for name in os.listdir(os.path.join(PEERS, "rows"))
        if name.endswith(".py") and name not in ("__init__.py", "model.py")
    )
    if names == ["all"]:
        names = known
    for name in names:
        if name not in known:
            fail(f"there is no work named '{name}': {', '.join(known)}, all", 64)
    return {name: importlib.import_module(f"rows.{name}") for name in names}


def run_tool(command, what):
    """Runs an installing or building tool; its output appears only when it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HERE)
    except OSError as error:
        fail(f"{what}: {command[0]}: {error.strerror}", 69)
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-5:])
        fail(f"{what} failed:\n{tail}", 69)


def prepare_python(works):
    """The virtual environment's interpreter with the peers of the chosen works; installs what is missing."""
    python = os.path.join(VENV, "bin", "python")
    if not os.path.exists(python):
        log(f"making {VENV}")
        try:
            import ensurepip  # noqa: F401
        except ImportError:
            fail("python3 has no venv: apt-get install python3-venv", 69)
        run_tool([sys.executable, "-m", "venv", VENV], "making the virtual environment")
    stamp = os.path.join(VENV, "installed.json")
    try:
        with open(stamp) as file:
            installed = json.load(file)
    except (OSError, ValueError):
        installed = []
    for work in works.values():
        for requirement in work.REQUIREMENTS:
            if requirement in installed:
                continue
            log(f"installing {' '.join(requirement)}")
            run_tool(
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirement],
                f"pip install {' '.join(requirement)}",
            )
            installed.append(requirement)
            with open(stamp, "w") as file:
                json.dump(installed, file)
    return python


def build():
    if not shutil.which("swift"):
        fail("swift is not on the path; build elsewhere and pass --no-build", 69)
    log("building the benchmark")
    shared = ["--scratch-path", BUILD, "--disable-build-manifest-caching"]  # as in packages.sh
    run_tool(
        ["swift", "build", "-c", "release", "--package-path", HERE, *shared, "--product", "benchmark"],
        "swift build",
    )


def machine():
    model = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


# ------------------------------------------------------------------------------------------------ output
COLUMNS = (
    ("work", 44),
    ("threads", 7),
    ("ours_ms", 10),
    ("peer", 16),
    ("peer_ms", 10),
    ("ratio", 18),
    ("ours_peak_mib", 9),
    ("peer_peak_mib", 9),
    ("goal", 6),
    ("met", 4),
)
HEADINGS = dict(ours_peak_mib="ours MiB", peer_peak_mib="peer MiB")


def cell(row, key):
    value = row.get(key)
    if value is None:
        return "-"
    if key == "ratio" and row.get("ratio_low") is not None:
        return f"{value:.2f} ({row['ratio_low']:.2f}-{row['ratio_high']:.2f})"
    if key == "met":
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)


def show(row):
    print(
        "  ".join(cell(row, key).ljust(width) for key, width in COLUMNS).rstrip()
        + (f"  [{row['note']}]" if row.get("note") else ""),
        flush=True,
    )


class Arguments(argparse.ArgumentParser):
    """argparse with the exit code of the other examples."""

    def error(self, message):
        fail(f"{message} (--help says more)", 64)


def parse():
    parser = Arguments(prog="compare.sh", description="Our benchmarks beside the Python peers.")
    parser.add_argument("work", nargs="+", metavar="WORK", help="a table in Peers/rows, or all")
    parser.add_argument("--threads", type=int, help="only the rows at this thread count")
    parser.add_argument("--json", metavar="FILE", help="write the rows, one JSON object a line")
    parser.add_argument(
        "--only", metavar="TEXT", action="append", default=[], help="only the rows whose names contain this"
    )
    parser.add_argument(
        "--skip", metavar="TEXT", action="append", default=[], help="not the rows whose names contain this"
    )
    parser.add_argument("--pairs", type=int, default=10, help="pairs to measure (default 10)")
    parser.add_argument(
        "--setting",
        metavar="NAME",
        action="append",
        default=[],
        help="try only this setting of the peers, where a row has it: those that an earlier run found fastest",
    )
    parser.add_argument(
        "--python", metavar="PATH", help="an interpreter that has the peers, in place of .venv-peer"
    )
    parser.add_argument("--no-build", action="store_true", help="take the benchmark as it was built")
    parser.add_argument("--list", action="store_true", help="print the rows and their goals, measure nothing")
    arguments = parser.parse_args()
    if arguments.pairs < 1:
        fail("--pairs must be at least 1", 64)
    if arguments.threads is not None and arguments.threads < 1:
        fail("--threads must be at least 1", 64)
    return arguments


def wanted(works, arguments):
    """(work, row, threads) in the order in which they are printed."""
    for work, table in works.items():
        for row in table.ROWS:
            if arguments.only and not any(text in row.name for text in arguments.only):
                continue
            if any(text in row.name for text in arguments.skip):
                continue
            counts = (2,) if isinstance(row, Scaling) else row.threads
            for threads in counts:
                if arguments.threads in (None, threads):
                    yield work, row, threads


def main():
    arguments = parse()
    works = load_works(arguments.work)
    plan = list(wanted(works, arguments))
    if not plan:
        fail("no row fits --only, --skip and --threads", 64)
    if arguments.list:
        for work, row, threads in plan:
            print(f"{work}: {row.name}, {threads} threads, goal {row.goal}")
        return 0
    if not arguments.no_build:
        build()
    if not os.access(BENCHMARK, os.X_OK):
        fail(f"{BENCHMARK} is missing; leave --no-build out", 69)
    python = arguments.python or prepare_python(works)
    if not shutil.which(python):
        fail(f"no interpreter at {python}", 66)
    log(machine())
    try:
        output = open(arguments.json, "w") if arguments.json else None
    except OSError as error:
        fail(f"{arguments.json}: {error.strerror}", 66)

    comparison = Comparison(BENCHMARK, python, arguments.pairs, arguments.setting)
    rows = {
        work: {row.name: row for row in table.ROWS if isinstance(row, Row)} for work, table in works.items()
    }
    print("  ".join(HEADINGS.get(key, key).ljust(width) for key, width in COLUMNS).rstrip())
    met = goals = 0
    for work, row, threads in plan:
        if isinstance(row, Scaling):
            result = comparison.scaling(work, row, rows[work])
        elif isinstance(row, Derived):
            result = comparison.derived(work, row, rows[work], threads)
        else:
            result = comparison.result(work, row, threads)
        if result["goal"] is not None:
            result["met"] = result["ratio"] is not None and result["ratio"] >= result["goal"]
            goals, met = goals + 1, met + result["met"]
        show(result)
        if output:
            output.write(json.dumps(result) + "\n")
            output.flush()
    print(f"{met} of {goals} goals met")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
