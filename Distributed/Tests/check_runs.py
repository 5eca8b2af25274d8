#!/usr/bin/env python3
"""Runs pretrain-mpi as a user does, over 1, 2 and 4 ranks: equal results, kills, resuming on other ranks, bad input.

usage: check_runs.py RUN_SH MPI BIN_FOLDER

Every job must end by itself: one that does not within its time is a failure, not a wait.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

RUN, MPI, BIN = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
CT = pathlib.Path(RUN).parent.parent / "Examples/Data/abdomen_ct/ct.nii.gz"
PROGRAM = BIN / "pretrain-mpi"
STEPS = 8


def fail(message):
    sys.exit(f"check_runs.py ({MPI}): {message}")


def options(ranks):
    launcher = shutil.which(f"mpirun.{MPI}") or "mpirun"
    found = [launcher]
    if MPI == "openmpi":
        found += ["--oversubscribe"] + (["--bind-to", "none"] if ranks > os.cpu_count() else [])
        found += ["--allow-run-as-root"] if os.getuid() == 0 else []
    return found


def command(ranks, *arguments):
    return [*options(ranks), "-n", str(ranks), str(PROGRAM), *map(str, arguments)]


def settings(folder, *more, method="SuperCL", steps=STEPS, batch=4):
    return [method, "--images", CT, "--intensity", "ct-abdomen", "--encoder-width", 4, "--steps", steps, "--batch-size",
            batch, "--checkpoint-every", 2, "--output", folder, *more]


def run(arguments, code=0, seconds=120):
    """What a job says, which must end in time and with a code."""
    start = time.monotonic()
    try:
        done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        fail(f"does not end within {seconds} s: {arguments}")
    if done.returncode != code:
        fail(f"exit code {done.returncode}, not {code}: {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}")
    done.seconds = time.monotonic() - start
    return done


def log(folder):
    lines = (folder / "state/training.safetensors.jsonl").read_text().splitlines()
    return [{term["name"]: term["value"] for term in json.loads(line)["terms"]} for line in lines]


def encoder(folder):
    return (folder / "encoder.safetensors").read_bytes()


def near(found, expected, bound):
    for step, (one, other) in enumerate(zip(found, expected)):
        for name, value in other.items():
            if isinstance(value, str) or isinstance(one[name], str):
                continue
            if abs(one[name] - value) > bound(step) * max(1, abs(value)):
                fail(f"step {step + 1}: {name} is {one[name]}, not {value}")


def check_results(work):
    """2 and 4 ranks train what 1 trains; twice the same bits."""
    folders = {}
    for ranks, name in [(1, "one"), (2, "two"), (2, "again"), (4, "four")]:
        folders[name] = work / name
        run(command(ranks, *settings(folders[name])))
    for name in ("two", "four"):
        near(log(folders[name]), log(folders["one"]), lambda step: 1e-5 if step == 0 else 2e-2)
    if encoder(folders["two"]) != encoder(folders["again"]):
        fail("two runs over 2 ranks end in other bits")
    return folders["two"]


def ranks_of(job):
    """The processes of the program below a launcher."""
    found = []
    for path in pathlib.Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                is_rank = os.readlink(path / "exe") == str(PROGRAM.resolve())
                group = path.joinpath("environ").read_bytes()
            except OSError:
                continue
            if is_rank and f"RANK_CHECK_JOB={job.mark}\0".encode() in group:
                found.append(int(path.name))
    return sorted(found)


def started(folder, mark):
    """A job of 2 ranks that has done three steps and goes on."""
    job = subprocess.Popen(
        list(map(str, command(2, *settings(folder)))), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "RANK_CHECK_JOB": f"{os.getpid()}.{mark}"})
    job.mark = f"{os.getpid()}.{mark}"
    state = folder / "state/training.safetensors.jsonl"
    deadline = time.monotonic() + 90
    while not (state.exists() and state.read_text().count("\n") >= 3):
        if job.poll() is not None or time.monotonic() > deadline:
            fail(f"the job in {folder} ended by itself with {job.poll()}: {job.communicate()[0]}")
        time.sleep(0.01)
    return job


def check_kill(work, unbroken):
    """SIGKILL of one rank ends the others within ten seconds; what is resumed is the unbroken training."""
    for victim in (0, -1):
        folder = work / f"killed{victim}"
        job = started(folder, f"killed{victim}")
        os.kill(ranks_of(job)[victim], signal.SIGKILL)
        start = time.monotonic()
        try:
            output = job.communicate(timeout=10)[0]
        except subprocess.TimeoutExpired:
            fail("the ranks go on 10 s after one was killed")
        if job.returncode == 0 or not ("KILLED" in output.upper() or "SIGNAL" in output.upper()):
            fail(f"exit code {job.returncode} after a kill, which is not named: {output}")
        print(f"  killed rank {victim % 2}: the job ended in {time.monotonic() - start:.1f} s with exit code {job.returncode}")
        while ranks_of(job):
            if time.monotonic() - start > 10:
                fail("a rank lives on")
            time.sleep(0.05)
        run(command(2, *settings(folder, "--resume")))
        if encoder(folder) != encoder(unbroken):
            fail("a killed and resumed training ends in other bits than the unbroken one")


def check_other_ranks(work, unbroken):
    """A training of 2 ranks goes on with 1 or with 4, and says so."""
    for ranks in (1, 4):
        folder = work / f"on{ranks}"
        # Stopped by a signal in the middle, with a checkpoint.
        job = started(folder, f"stopped{ranks}")
        for rank in ranks_of(job):
            os.kill(rank, signal.SIGINT)
        output = job.communicate(timeout=60)[0]
        if job.returncode != 130 or "--resume goes on" not in output:
            fail(f"an interrupted job ends with {job.returncode}: {output}")
        done = run(command(ranks, *settings(folder, "--resume")))
        if f"the checkpoint is of 2 ranks, this training has {ranks}" not in done.stdout:
            fail(f"nothing says that the ranks are others: {done.stdout}")
        near(log(folder), log(unbroken), lambda step: 1e-5 if step == 0 else 2e-2)


def check_bad_input(work):
    """One line of rank 0, exit code 65 (64 for arguments, 66 for files), no hang."""
    def expect(arguments, text, code=65):
        done = run(arguments, code=code, seconds=60)
        lines = [line for line in done.stderr.splitlines() if line.startswith(("pretrain-mpi", "other-build"))]
        if len(lines) != 1 or text not in lines[0]:
            fail(f"expected one line with '{text}', found {done.stderr}\n{done.stdout}")

    def both(first, second, program=PROGRAM):
        return [*options(2), "-n", "1", PROGRAM, *first, ":", "-n", "1", program, *second]

    one, two = settings(work / "bad", "--seed", 1), settings(work / "bad", "--seed", 2)
    expect(both(one, two), 'recipe.seed is "2" on rank 1 and "1" on rank 0')
    small = work / "small.nii.gz"
    shutil.copy(CT.parent.parent / "brain_t1/t1.nii.gz", small)
    other = [small if argument == CT else argument for argument in settings(work / "bad-data")]
    expect(both(settings(work / "bad-data"), other), "nothing on rank")
    build = work / "other-build"
    shutil.copy(PROGRAM, build)
    with open(build, "ab") as file:
        file.write(b"\0")
    expect(both(one, one, program=build), "build is")
    expect(command(2, *settings(work / "odd", batch=3)), "multiple of the 2 ranks")
    expect(command(4, *settings(work / "few", batch=3)), "rank 3 would have no image")
    expect(command(2, *settings(work / "none", "--bucket", 0)), "--bucket", code=64)
    expect(command(2, "SuperCL", "--images", work / "nothing.nii", "--output", work / "none"), "nothing.nii", code=66)
    expect(command(2, "Nothing", "--images", CT, "--output", work / "none"), "Nothing", code=64)
    # A file that one rank alone cannot read.
    broken = [work / "gone.nii" if argument == CT else argument for argument in settings(work / "gone")]
    expect(both(settings(work / "there"), broken), "gone.nii", code=66)
    done = run(command(2, "--help"))
    if done.stdout.count("OVERVIEW") != 1:
        fail("help is not said once")
    empty = {**os.environ, "MPI": MPI, "PKG_CONFIG_LIBDIR": str(work), "PKG_CONFIG_PATH": str(work)}
    done = subprocess.run([RUN, "check"], capture_output=True, text=True, env=empty)
    if done.returncode != 69 or "apt-get install" not in done.stderr:
        fail(f"without an MPI run.sh ends with {done.returncode}: {done.stderr}")


def check_script():
    """run.sh starts the program that it is asked for."""
    for program in ["pretrain-mpi", "scaling", "rank-benchmark"]:
        done = run([RUN, "-n", 1, program, "--help"], seconds=600)
        if f"USAGE: {program}" not in done.stdout:
            fail(f"run.sh -n 1 {program} starts another program:\n{done.stdout}")


def main():
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        check_script()
        check_bad_input(work)
        print("  run.sh starts what it is asked for; bad input: one line each")
        unbroken = check_results(work)
        print("  1, 2 and 4 ranks train the same")
        check_kill(work, unbroken)
        check_other_ranks(work, unbroken)
        print(f"  resumed on other ranks; {time.monotonic() - start:.0f} s in all")


main()
