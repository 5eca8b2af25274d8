"""WCL (Zheng et al., ICCV 2021): one step, for method_wcl.npz."""

import torch
import torch.nn as nn

from methods.common import WIDTHS, Encoder, Head, matrices_decay, step_fixture, unit
from methods.pcl import supervised
from methods.simclr import nt_xent

TEMPERATURE, IMAGES = 0.1, 6


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    learner.projector = Head((WIDTHS[-1], 10, 10, 6))
    learner.graphProjector = Head((WIDTHS[-1], 10, 10, 6))
    return learner


def components(u):
    """For each row the name of its component in the graph of nearest neighbours: labels spread along edges until none moves."""
    similarity = u @ u.T
    similarity.fill_diagonal_(float("-inf"))
    nearest = similarity.argmax(1)
    linked = torch.zeros(len(u), len(u), dtype=torch.bool)
    linked[torch.arange(len(u)), nearest] = True
    linked = linked | linked.T | torch.eye(len(u), dtype=torch.bool)
    labels = torch.arange(len(u))
    for _ in range(len(u)):
        labels = torch.where(linked, labels, len(u)).min(1).values
    return labels


def loss(learner, views):
    deepest = [learner.encoder(view)[-1] for view in views]
    instance = nt_xent(torch.cat([learner.projector(features) for features in deepest]), TEMPERATURE)
    graph = [unit(learner.graphProjector(features)) for features in deepest]
    with torch.no_grad():
        labels = [components(u) for u in graph]
    halves = []
    for u, other in zip(graph, reversed(labels)):
        alike = other[:, None] == other
        alike.fill_diagonal_(False)
        halves.append(supervised(u, alike, TEMPERATURE))
    return instance + sum(halves) / 2


def fixtures(root):
    step_fixture(
        root,
        "wcl",
        make,
        loss,
        "WCL: both heads 8-10-10-6, temperature .1, 6 images, the views in two passes; weight decay for weights alone.",
        groups=matrices_decay,
        images=IMAGES,
    )
