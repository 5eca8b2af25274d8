"""MoCo v2 (He et al., CVPR 2020; Chen et al., 2020): one step, for method_moco.npz.

The key network moves before it makes keys, as in the release. The library moves it at the end of the step before, from
the same weights: the file begins behind that move, and ends behind the one of the next step.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from methods.common import IMAGES, WIDTHS, Encoder, Head, follow, rows, step_fixture, target_of, unit

TEMPERATURE, MOMENTUM, LENGTH, FEATURES = 0.2, 0.999, 8, 6


class Queue(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("rows", unit(torch.randn(LENGTH, FEATURES)))
        self.register_buffer("enqueued", torch.tensor(IMAGES))

    def put(self, keys):
        at = int(self.enqueued) % LENGTH
        self.rows[at : at + len(keys)] = keys
        self.enqueued += len(keys)


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    learner.projector = Head((WIDTHS[-1], WIDTHS[-1], FEATURES), norm=None)
    learner.target = target_of(learner)
    learner.queue = Queue()
    return learner


def move(learner):
    follow(learner.target, learner, MOMENTUM)


def loss(learner, views):
    queries = unit(rows(learner, views[0]))
    with torch.no_grad():
        learner.keys = unit(rows(learner.target, views[1]))
    own = (queries * learner.keys).sum(1, keepdim=True)
    logits = torch.cat([own, queries @ learner.queue.rows.clone().T], dim=1) / TEMPERATURE
    return F.cross_entropy(logits, torch.zeros(len(queries), dtype=torch.long))


def finish(learner):
    move(learner)
    learner.queue.put(learner.keys)


def fixtures(root):
    step_fixture(
        root,
        "moco",
        make,
        loss,
        "MoCo v2: projector 8-8-6, temperature .2, m .999, a queue of 8 that is half overwritten.",
        prepare=move,
        finish=finish,
    )
