#!/usr/bin/env python3
"""PyTorch DDP with gloo on training steps over two processes of one thread each.

    ddp unet 128        a whole fine-tuning step of bench_step.py, batch 8 in each process
    ddp supercl 128     a whole SuperCL step, batch 8 in each process; each process contrasts its own rows

Settings: those of the whole steps in bench_step.py without workers. DDP has no synchronised batch norm on processors: each process
normalises by its own images. This process is rank 0; it starts rank 1 and asks it for every step.
"""

import atexit
import os
import socket
import subprocess
import sys

from peerlib import case, main

try:
    import numpy as np
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel
except ImportError as missing:
    sys.exit(f"bench_distributed.py: {missing.name} is not installed")

import bench_step as single
import supercl_torch as reference
from views import Feed

SETTINGS = ("default", "channels-last", "channels-last opencv", "channels-last batchgenerators", "compile opencv")
PROCESSES = 2


class UNetLoss(torch.nn.Module):
    """The loss of a batch: what DDP wraps."""

    def __init__(self, layout, width, classes):
        super().__init__()
        self.network = reference.initialize(reference.UNet(1, classes, tuple(width << i for i in range(5))))
        if layout != "default":
            self.network.to(memory_format=torch.channels_last)
        self.forward_network = torch.compile(self.network) if layout == "compile" else self.network

    def forward(self, x, target, onehot):
        logits = self.forward_network(x).float()
        return torch.nn.functional.cross_entropy(logits, target) + single.dice_loss(logits, onehot)


class SuperCLLoss(torch.nn.Module):
    def __init__(self, layout, size):
        super().__init__()
        width, batch, level = single.SUPERCL[size]
        self.network = reference.initialize(reference.SuperCLNetwork(1, tuple(width << i for i in range(5))))
        if layout != "default":
            self.network.encoder.to(memory_format=torch.channels_last)
        if layout == "compile":
            self.network.encoder.forward = torch.compile(self.network.encoder.forward)
        self.options = reference.StepOptions(level=level, by_label=True)
        self.positions = torch.linspace(0.05, 0.95, batch)

    def forward(self, views, maps):
        return reference.supercl_loss(self.network, views, maps, self.positions, self.options)["loss"]


def unet_step(setting, size):
    layout, maker, _ = single.parse(setting)
    single.one_thread(maker, 1)
    stack = single.images(8, size)[:, 0]
    labels = (stack * (single.CLASSES - 0.01)).astype(np.int16)
    feed = Feed(single.partial(single.call_augmented, maker), list(zip(stack, labels)), 0)
    torch.manual_seed(0)
    model = DistributedDataParallel(UNetLoss(layout, 32, single.CLASSES))
    optimizer = torch.optim.Adam(model.parameters(), 5e-4, weight_decay=1e-5, fused=True)

    def step():
        made = feed.next()
        x = torch.from_numpy(np.stack([image for image, _ in made]))[:, None]
        target = torch.from_numpy(np.stack([label for _, label in made])).long()
        x, onehot = single.arrange(layout, x, single.one_hot(target, single.CLASSES))
        optimizer.zero_grad(set_to_none=True)
        model(x, target, onehot).backward()
        optimizer.step()
        feed.wait()

    return step


def supercl_step(setting, size):
    layout, maker, _ = single.parse(setting)
    single.one_thread(maker, 1)
    stack = single.images(single.SUPERCL[size][1], size)[:, 0]
    feed = Feed(single.partial(single.call_views, maker), [(image,) for image in stack], 0)
    torch.manual_seed(0)
    model = DistributedDataParallel(SuperCLLoss(layout, size))
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=1e-5, fused=True)

    def step():
        made = feed.next()
        pick = lambda part, view: torch.from_numpy(np.stack([item[part][view] for item in made]))
        views = single.arrange(layout, *(pick(part, view)[:, None] for part in (0, 1) for view in (0, 1)))
        maps = [pick(2, view).long() for view in (0, 1)]
        optimizer.zero_grad(set_to_none=True)
        model(list(views), maps).backward()
        optimizer.step()
        feed.wait()

    return step


STEPS = {"ddp unet 128": lambda setting: unet_step(setting, 128), "ddp supercl 128": lambda setting: supercl_step(setting, 128)}


def join(rank, port):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=PROCESSES)


def follow(name, setting, port):
    """Rank 1: a step whenever rank 0 asks for one."""
    join(1, port)
    step = STEPS[name](setting)
    order = torch.zeros(1)
    while True:
        dist.broadcast(order, 0)
        if order.item() == 0:
            return
        step()


def lead(name, setting):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    other = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--follow", name, setting, str(port)])
    join(0, port)
    step = STEPS[name](setting)
    order = torch.ones(1)

    def ordered_step():
        order.fill_(1)
        dist.broadcast(order, 0)
        step()

    def end():
        if other.poll() is None:
            order.fill_(0)
            try:
                dist.broadcast(order, 0)
                other.wait(10)
            except (RuntimeError, subprocess.TimeoutExpired):
                other.kill()

    atexit.register(end)
    return ordered_step


for case_name in STEPS:
    case(case_name, SETTINGS)(lambda setting, threads, name=case_name: lead(name, setting))

if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--follow":
        follow(*sys.argv[2:])
    else:
        main()
