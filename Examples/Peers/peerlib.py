"""What every peer script shares: the line protocol, the timing, the peak memory, the fair environment.

A script declares its cases and hands over:

    from peerlib import case, main

    @case("softmax 4096", settings=("default", "compile"))
    def softmax(setting, threads):
        x = torch.randn(4096, 4096)          # set-up: not timed
        return lambda: x.softmax(1)          # one repetition: timed

    main()

and is then called by compare.py, or by hand:

    bench_NAME.py --list                                     JSON lines: case, settings
    bench_NAME.py "softmax 4096" --setting default           speaks the protocol on stdin and stdout
    bench_NAME.py "softmax 4096" --setting default --time    repetitions for the eye

See README.md for the protocol.
"""

import argparse
import ctypes
import json
import os
import sys
import time

_cases = {}


def case(name, settings=("default",)):
    """Declares a case: its name (the same as on our side) and the settings in which the peer can run."""

    def declare(prepare):
        if name in _cases:
            raise ValueError(f"the case '{name}' is declared twice")
        _cases[name] = (tuple(settings), prepare)
        return prepare

    return declare


# ------------------------------------------------------------------------------------------- environment
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
# Left by some machines' set-up; they hold OpenBLAS to slower kernels than the processor has.
HANDICAPS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def environment(threads, isa=None, ours=False):
    """The environment of a measured process: thread counts, no handicap, and for peers a tuned allocator.

    glibc maps and unmaps every tensor over 32 MiB afresh, and its page faults cost the peer up to 60 % of a step;
    the two malloc variables keep the memory. isa "avx2" holds either side to AVX2.
    """
    result = {key: value for key, value in os.environ.items() if key not in HANDICAPS}
    result.update({variable: str(threads) for variable in THREAD_VARIABLES})
    result["PYTHONUNBUFFERED"] = "1"
    if ours:
        if isa:
            # Our kernels obey SUPERCL_ISA; OpenBLAS needs its own word, or it would keep AVX-512.
            result.update(SUPERCL_ISA=isa, **({"OPENBLAS_CORETYPE": "Haswell"} if isa == "avx2" else {}))
    else:
        result.update(MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_="100000000000")
        if isa == "avx2":
            result.update(
                ONEDNN_MAX_CPU_ISA="AVX2", ATEN_CPU_CAPABILITY="avx2", MKL_ENABLE_INSTRUCTIONS="AVX2"
            )
    return result


# ------------------------------------------------------------------------------------------------ memory
def _status(field):
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


def resident_mib():
    """Resident size of this process now."""
    return round(_status("VmRSS"), 1)


def peak_mib():
    """Highest resident size since reset_peak()."""
    return round(_status("VmHWM"), 1)


def reset_peak():
    """Gives freed memory back and forgets the peak so far, so that setting up a case is not counted."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


# ---------------------------------------------------------------------------------------------- protocol
def children_seconds():
    """Processor time that the living children of this process have used: workers that make its input."""
    total = 0
    try:
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/children") as file:
                children = file.read().split()
            for child in children:
                with open(f"/proc/{child}/stat") as file:
                    # Behind the name in brackets, which may hold anything: user and system time are the 12th and 13th.
                    fields = file.read().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
    except (OSError, ValueError, IndexError):
        pass
    return total / os.sysconf("SC_CLK_TCK")


def timed(body):
    """One repetition: wall and processor milliseconds (all threads and workers), and what the body reports, if a dict."""
    children = children_seconds()
    wall, cpu = time.perf_counter(), time.process_time()
    value = body()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    cpu += children_seconds() - children
    result = dict(wall_ms=round(wall * 1e3, 4), cpu_ms=round(cpu * 1e3, 4))
    return {**value, **result} if isinstance(value, dict) else result


def serve(body, warm_ups=2):
    """Warms up, prints `ready`, then answers `run` and `quit` until the input ends."""
    reset_peak()
    base = resident_mib()
    for _ in range(warm_ups):
        body()
    print("ready", flush=True)
    for line in sys.stdin:
        request = line.strip()
        if request == "run":
            print(json.dumps(timed(body)), flush=True)
        elif request == "quit":
            print(json.dumps(dict(peak_mib=peak_mib(), base_mib=base)), flush=True)
            return
        elif request:
            print(json.dumps(dict(error=f"unknown request '{request}': run or quit")), flush=True)


def main():
    """The command line of a peer script."""
    name = os.path.basename(sys.argv[0])
    parser = argparse.ArgumentParser(description="A peer on one case, for compare.py.")
    parser.add_argument("case", nargs="?", help="the case's name")
    parser.add_argument("--setting", help="one of the case's settings (default: the first)")
    parser.add_argument("--threads", type=int, default=int(os.environ.get("OMP_NUM_THREADS", "1")))
    parser.add_argument("--list", action="store_true", help="print the cases as JSON lines")
    parser.add_argument(
        "--time",
        type=int,
        nargs="?",
        const=10,
        metavar="N",
        help="time N repetitions (10) in place of the protocol",
    )
    arguments = parser.parse_args()
    if arguments.list:
        for case_name, (settings, _) in _cases.items():
            print(json.dumps(dict(case=case_name, settings=settings)))
        return
    if arguments.case not in _cases:
        sys.exit(f"{name}: no case '{arguments.case}'; see --list")
    settings, prepare = _cases[arguments.case]
    setting = arguments.setting or settings[0]
    if setting not in settings:
        sys.exit(f"{name}: case '{arguments.case}' has no setting '{setting}': {', '.join(settings)}")
    if arguments.time and "MALLOC_MMAP_MAX_" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], environment(arguments.threads))
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(arguments.threads)
    try:
        body = prepare(setting, arguments.threads)
        if not arguments.time:
            return serve(body)
        reset_peak()
        body()
        times = [timed(body) for _ in range(arguments.time)]
    except (ImportError, RuntimeError, OSError) as error:
        sys.exit(f"{name}: {arguments.case}, {setting}: {' '.join(str(error).split())[:300]}")
    walls = sorted(t["wall_ms"] for t in times)
    print(
        f"{arguments.case}, {setting}, {arguments.threads} threads: median {walls[len(walls) // 2]:.2f} ms "
        f"({walls[0]:.2f} ... {walls[-1]:.2f}), peak {peak_mib()} MiB"
    )


# --------------------------------------------------------------------------------------------- test images
def phantom(shape, seed=0, blobs=12):
    """A smooth random image like a body, in 0...1, float32: an ellipsoid, organs, a bias field, noise."""
    import numpy as np

    random = np.random.default_rng(seed)
    axes = np.meshgrid(*[np.linspace(-1, 1, n, dtype=np.float32) for n in shape], indexing="ij", sparse=True)
    image = 0.25 * (sum((a / 0.9) ** 2 for a in axes) < 1).astype(np.float32)
    for _ in range(blobs):
        center, radius = random.uniform(-0.55, 0.55, len(shape)), random.uniform(0.08, 0.35, len(shape))
        inside = sum(((a - c) / r) ** 2 for a, c, r in zip(axes, center, radius)) < 1
        image = np.where(inside, random.uniform(0.15, 0.9), image)
    image = image + 0.05 * sum(np.sin(3 * a + i) for i, a in enumerate(axes)) + random.normal(0, 0.02, shape)
    return np.clip(image, 0, 1).astype(np.float32)
