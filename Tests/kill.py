#!/usr/bin/env python3
"""Kills a training at random moments, resumes it, and compares its end with that of an unbroken one.

usage: kill.py PROGRAM [--kills N] [--trace] [--steps N] [--seed N]

PROGRAM is killed-training (Tests/Kill), which writes its checkpoint at every step. It is killed by SIGKILL, started again
on what the kill left, and so on until it ends; then all its files (checkpoint, log, best state) must be those of the
unbroken training, byte by byte. After every kill the checkpoint must be whole and the log must have its steps. A new
training is begun until there were N kills (5).

--trace shows the order of the system calls of one checkpoint, where there is strace, and checks it: log and content are
on the disk before the name changes, and a file half written is never opened for reading.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

STATE, LOG, BEST = "state.safetensors", "state.safetensors.jsonl", "best.safetensors"
PARTIALS = [f".{STATE}.partial", f".{BEST}.partial"]


def fail(message):
    sys.exit(f"kill.py: {message}")


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def steps_of_checkpoint(path):
    """The step of a safetensors file, whose length must be what its header says."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0] if len(content) >= 8 else len(content)
    if len(content) < 8 + length:
        fail(f"{path.name} ends within its header")
    header = json.loads(content[8:8 + length])
    fields = header.pop("__metadata__")
    end = max(entry["data_offsets"][1] for entry in header.values())
    if len(content) != 8 + length + end:
        fail(f"{path.name} has {len(content)} bytes, its header says {8 + length + end}")
    return int(fields["step"])


def check_left_files(folder):
    """What a kill leaves: a whole checkpoint or none, and a log of all its steps."""
    if not (folder / STATE).exists():
        return
    step = steps_of_checkpoint(folder / STATE)
    lines = (folder / LOG).read_bytes().split(b"\n")[:-1]
    steps = [json.loads(line)["step"] for line in lines]
    if steps[:step] != list(range(1, step + 1)):
        fail(f"the checkpoint is of step {step}, the log has the steps {steps}")


def partial_writes(folder):
    """The half-written files, with what tells one write from another."""
    stats = [(name, (folder / name).stat()) for name in PARTIALS if (folder / name).exists()]
    return {(name, stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, stat in stats}


class Killer:
    def __init__(self, program, steps, seed, work):
        self.program, self.steps, self.work = program, steps, work
        self.random = random.Random(seed)
        self.kills = self.inside_write = self.trainings = 0

    def command(self, folder):
        return [str(self.program), str(folder), str(self.steps)]

    def run_unbroken(self):
        folder = self.work / "unbroken"
        folder.mkdir()
        start = time.monotonic()
        if subprocess.run(self.command(folder)).returncode != 0:
            fail("the unbroken training failed")
        self.duration = time.monotonic() - start
        self.expected = files(folder)
        if sorted(self.expected) != sorted([STATE, LOG, BEST]):
            fail(f"the unbroken training left {sorted(self.expected)}")

    def run_for(self, folder, delay):
        """Whether the training ended by itself within the delay; otherwise it is killed."""
        process = subprocess.Popen(self.command(folder))
        try:
            code = process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            code = process.wait()
        if code not in (0, -signal.SIGKILL):
            fail(f"a resumed training failed with {code}; kill {self.kills}, files in {folder}: {sorted(files(folder))}")
        return code == 0

    def train(self, wanted):
        """One training with kills, until it ends."""
        folder = self.work / f"killed{self.trainings}"
        folder.mkdir()
        while True:
            before = partial_writes(folder)
            delay = self.random.uniform(0, 0.7 * self.duration) if self.kills < wanted else None
            if self.run_for(folder, delay):
                break
            self.kills += 1
            self.inside_write += partial_writes(folder) - before != set()
            check_left_files(folder)
        found = files(folder)
        different = [name for name in set(found) | set(self.expected) if found.get(name) != self.expected.get(name)]
        if different:
            fail(f"after {self.kills} kills these differ from the unbroken training: {sorted(different)}")
        shutil.rmtree(folder)
        self.trainings += 1


CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)")


def traced_calls(program, folder):
    """(call, file, arguments) of everything that concerns the checkpoint, its log and their folder."""
    trace = folder.parent / "trace"
    paths = [folder / STATE, folder / LOG, folder / PARTIALS[0], folder]
    watched = [word for path in paths for word in ("-P", str(path))]
    calls = "trace=openat,open,read,write,fsync,fdatasync,close,rename,renameat,renameat2,unlink,ftruncate"
    subprocess.run(
        ["strace", "-f", "-y", "-qq", "-s", "0", "-e", calls, "-o", str(trace), *watched, str(program), str(folder), "3"],
        check=True)
    result = []
    for line in trace.read_text().splitlines():
        match = CALL.match(line)
        if not match:
            continue
        call, arguments, value = match.groups()
        if int(value) < 0:
            continue
        for name, path in (("half-written file", paths[2]), ("log", paths[1]), ("checkpoint", paths[0]), ("folder", folder)):
            if re.search(re.escape(str(path)) + r"[\">]", arguments):
                result.append((call, name, arguments))
                break
    return result


def check_trace(program, work):
    if shutil.which("strace") is None or subprocess.run(
            ["strace", "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
        print("no trace of system calls: strace is not there or may not be used")
        return
    folder = work / "traced"
    folder.mkdir()
    (folder / PARTIALS[0]).write_bytes(b"left by a kill")
    calls = traced_calls(program, folder)
    for call, name, arguments in calls:
        if name == "half-written file" and call.startswith("open") and not ("O_WRONLY" in arguments and "O_TRUNC" in arguments):
            fail(f"the half-written file is opened: {arguments}")
    order = []
    for call, name, _ in calls:
        call = {"openat": "open", "renameat": "rename", "renameat2": "rename", "fdatasync": "fsync"}.get(call, call)
        if not order or order[-1] != (call, name):
            order.append((call, name))
    expected = [
        ("write", "log"), ("fsync", "log"), ("open", "half-written file"), ("write", "half-written file"),
        ("fsync", "half-written file"), ("close", "half-written file"), ("rename", "half-written file"),
        ("open", "folder"), ("fsync", "folder"), ("close", "folder"),
    ]
    places = [index for index, entry in enumerate(order) if entry == expected[0]]
    for place in places:
        if order[place:place + len(expected)] != expected:
            fail(f"the calls of a checkpoint are {order[place:place + len(expected)]}, not {expected}")
    if len(places) != 3:
        fail(f"{len(places)} checkpoints in the trace of 3 steps: {order}")
    print("system calls of each checkpoint:", ", ".join(f"{call} {name}" for call, name in expected))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    program = options.program.resolve()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        killer = Killer(program, options.steps, options.seed, work)
        killer.run_unbroken()
        print(f"unbroken: {options.steps} steps in {killer.duration:.1f} s; delays from seed {options.seed}")
        while killer.kills < options.kills:
            killer.train(options.kills)
        # Of 50 kills, many must have met a write; of 5, none may have.
        if killer.kills >= 50 and killer.inside_write < 10:
            fail(f"{killer.inside_write} of {killer.kills} kills met a write: the training is too slow for this test")
        print(
            f"{killer.kills} kills in {killer.trainings} trainings, {killer.inside_write} of them inside a write: "
            "the same bytes as unbroken")
        if options.trace:
            check_trace(program, work)


if __name__ == "__main__":
    main()
