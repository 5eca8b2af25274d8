"""Training over two processes of one thread: our ranks over MPI beside PyTorch DDP with gloo, which is bench_distributed.py."""

from rows.model import Row

REQUIREMENTS = [
    ["numpy"],
    ["torch"],
    ["scipy", "scikit-image", "opencv-contrib-python-headless", "batchgenerators"],
]

SCRIPT = "bench_distributed.py"
SETTINGS = ("default", "channels-last", "channels-last opencv", "channels-last batchgenerators", "compile opencv")
# run.sh builds the program and starts two ranks of it.
RANKS = ("../Distributed/run.sh", "-n", "2", "rank-benchmark", "serve")


def row(training, norms, goal, label):
    launcher = (*RANKS, training, "--threads", "1", "--norms", norms)
    return Row(f"ddp {training} 128", SCRIPT, SETTINGS, goal, threads=(2,), launcher=launcher, label=label)


ROWS = [row(training, "ofEachRank", 2.5, f"ddp {training} 128") for training in ("unet", "supercl")]
# With batch norms that measure both ranks' images, which the peer does not have on processors.
ROWS += [row(training, "ofAllRanks", None, f"ddp {training} 128: our norms of all ranks") for training in ("unet", "supercl")]
