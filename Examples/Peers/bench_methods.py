#!/usr/bin/env python3
"""PyTorch on steps of compared methods, each written from its paper, on views that are given.

    MoCo 128      two views; a queue of 4,096 keys of 128; the key network moves by .999
    BYOL 128      two views in two passes each; heads of 512 and 128; the target moves by .99
    SwAV 128      two crops of 128 and six of 48; 300 prototypes; a head of 512
    supercl 128   one SuperCL step: a case of bench_step.py

The encoder is supercl_torch.py's U-Net encoder of widths 32 ... 512 with one channel, eight images, SGD with momentum .9 and
decay 1e-4. Settings: default (NCHW), channels-last, compile (channels-last, torch.compile of the encoders).
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Interop"))

from peerlib import case, main, phantom

try:
    import numpy as np
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"bench_methods.py: {missing.name} is not installed")

import bench_step  # declares its cases, "supercl 128" among them
import supercl_torch as reference

LAYOUTS = ("channels-last", "default", "compile")
WIDTHS = (32, 64, 128, 256, 512)
BATCH = 8


def images(size, first=0):
    return torch.from_numpy(np.stack([phantom((size, size), first + i) for i in range(BATCH)])[:, None])


def pair():
    x = images(128)
    return [x, 0.9 * x.flip(-1)]


def head(*layers):
    return nn.Sequential(*layers)


def plain_head(features, hidden, output):
    return head(nn.Linear(features, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, output))


def norm_head(features, hidden, output, bias=True):
    return head(
        nn.Linear(features, hidden), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, output, bias=bias)
    )


class Network(nn.Module):
    """The encoder, the mean over the deepest level, a head."""

    def __init__(self, projector):
        super().__init__()
        self.encoder = reference.UNetEncoder(1, WIDTHS)
        self.projector = projector

    def pooled(self, x):
        return self.encoder(x)[-1].mean((2, 3))

    def forward(self, x):
        return self.projector(self.pooled(x))


def network(setting, make_projector, frozen=False):
    result = reference.initialize(Network(make_projector()))
    if setting != "default":
        result.encoder.to(memory_format=torch.channels_last)
    if setting == "compile":
        result.encoder.forward = torch.compile(result.encoder.forward)
    if frozen:
        result.requires_grad_(False)
    return result


def sgd(*modules):
    parameters = [p for module in modules for p in module.parameters()]
    return torch.optim.SGD(parameters, 0.01, momentum=0.9, weight_decay=1e-4, fused=True)


def average_of(online, target, momentum):
    """A call moves the target: all tensors in one call of PyTorch's."""
    mine, theirs = list(target.parameters()), list(online.parameters())

    @torch.no_grad()
    def move():
        torch._foreach_lerp_(mine, [p.detach() for p in theirs], 1 - momentum)

    return move


def training(optimizer, loss, after=lambda: None):
    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()
        after()

    return step


@case("MoCo 128", LAYOUTS)
def moco(setting, threads):
    torch.manual_seed(0)
    projector = lambda: plain_head(512, 512, 128)
    online, target = network(setting, projector), network(setting, projector, frozen=True)
    target.load_state_dict(online.state_dict())
    views = bench_step.arrange(setting, *pair())
    queue, place = F.normalize(torch.randn(4096, 128), dim=1), 0
    move = average_of(online, target, 0.999)
    keys = None

    def loss():
        nonlocal keys
        queries = F.normalize(online(views[0]), dim=1)
        with torch.no_grad():
            keys = F.normalize(target(views[1]), dim=1)
        own = (queries * keys).sum(1, keepdim=True)
        logits = torch.cat([own, queries @ queue.T], 1) / 0.2
        return F.cross_entropy(logits, torch.zeros(BATCH, dtype=torch.long))

    def after():
        nonlocal place
        move()
        queue[place : place + BATCH] = keys
        place = (place + BATCH) % len(queue)

    return training(sgd(online), loss, after)


@case("BYOL 128", LAYOUTS)
def byol(setting, threads):
    torch.manual_seed(0)
    projector = lambda: norm_head(512, 512, 128, bias=False)
    online, target = network(setting, projector), network(setting, projector, frozen=True)
    target.load_state_dict(online.state_dict())
    predictor = norm_head(128, 512, 128, bias=False)
    views = bench_step.arrange(setting, *pair())

    def distance(p, t):
        return (F.normalize(p, dim=1) - F.normalize(t, dim=1)).square().sum(1).mean()

    def loss():
        predictions = [predictor(online(view)) for view in views]
        with torch.no_grad():
            targets = [target(view) for view in views]
        return distance(predictions[0], targets[1]) + distance(predictions[1], targets[0])

    return training(sgd(online, predictor), loss, average_of(online, target, 0.99))


@torch.no_grad()
def sinkhorn(scores):
    codes = torch.exp(scores / 0.05).T
    codes /= codes.sum()
    prototypes, samples = codes.shape
    for _ in range(3):
        codes /= codes.sum(1, keepdim=True) * prototypes
        codes /= codes.sum(0, keepdim=True) * samples
    return (codes * samples).T


@case("SwAV 128", LAYOUTS)
def swav(setting, threads):
    torch.manual_seed(0)
    online = network(setting, lambda: norm_head(512, 512, 128))
    prototypes = nn.Linear(128, 300, bias=False)
    large = torch.cat(pair())
    small = torch.cat([images(48, 100 * view) for view in range(6)])
    crops = bench_step.arrange(setting, large, small)

    def loss():
        # Crops of one size pass the encoder together, all crops the head.
        pooled = torch.cat([online.pooled(crop) for crop in crops])
        scores = prototypes(F.normalize(online.projector(pooled), dim=1)).chunk(8)
        total = 0
        for crop in range(2):
            codes = sinkhorn(scores[crop].detach())
            others = [F.log_softmax(scores[v] / 0.1, dim=1) for v in range(8) if v != crop]
            total = total + sum(-(codes * other).sum(1).mean() for other in others) / len(others)
        return total / 2

    @torch.no_grad()
    def after():
        prototypes.weight.copy_(F.normalize(prototypes.weight, dim=1))

    return training(sgd(online, prototypes), loss, after)


if __name__ == "__main__":
    main()
