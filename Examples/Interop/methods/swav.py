"""SwAV (Caron et al., NeurIPS 2020): one step with two large crops and a small one, for method_swav.npz."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from methods.common import IMAGES, WIDTHS, Encoder, Head, step_fixture, unit

TEMPERATURE, EPSILON, ROUNDS, PROTOTYPES, FEATURES, LENGTH = 0.1, 0.05, 3, 5, 6, 8


class Queue(nn.Module):
    """Full: its rows share in the codes. The newest overwrite the oldest."""

    def __init__(self):
        super().__init__()
        self.register_buffer("rows", unit(torch.randn(LENGTH, FEATURES)))
        self.register_buffer("enqueued", torch.tensor(LENGTH))

    def put(self, rows):
        at = int(self.enqueued) % LENGTH
        self.rows[at : at + len(rows)] = rows
        self.enqueued += len(rows)


class Prototypes(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(unit(torch.randn(PROTOTYPES, FEATURES)))


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    learner.projector = Head((WIDTHS[-1], 10, FEATURES))
    learner.prototypes = Prototypes()
    learner.queues = nn.ModuleList(Queue() for _ in range(2))
    return learner


@torch.no_grad()
def sinkhorn(scores):
    """Algorithm 1: codes of the scores [B, K] that use all prototypes nearly alike."""
    codes = torch.exp(scores / EPSILON).T
    codes /= codes.sum()
    prototypes, samples = codes.shape
    for _ in range(ROUNDS):
        codes /= codes.sum(1, keepdim=True) * prototypes
        codes /= codes.sum(0, keepdim=True) * samples
    return (codes * samples).T


def loss(learner, views):
    # Crops of one size pass the encoder together, all crops the head.
    large = torch.cat(views[:2])
    pooled = [learner.encoder(batch)[-1].mean((2, 3)) for batch in (large, views[2])]
    embeddings = unit(learner.projector(torch.cat(pooled)))
    learner.embeddings = embeddings.detach()[: 2 * IMAGES].chunk(2)
    scores = (embeddings @ learner.prototypes.weight.T).chunk(3)
    total = 0
    for crop in range(2):
        queued = learner.queues[crop].rows @ learner.prototypes.weight.detach().T
        codes = sinkhorn(torch.cat([queued, scores[crop].detach()]))[-IMAGES:]
        others = [F.log_softmax(scores[v] / TEMPERATURE, dim=1) for v in range(3) if v != crop]
        total = total + sum(-(codes * other).sum(1).mean() for other in others) / len(others)
    return total / 2


def finish(learner):
    learner.prototypes.weight.copy_(unit(learner.prototypes.weight))
    for queue, rows in zip(learner.queues, learner.embeddings):
        queue.put(rows)


def fixtures(root):
    step_fixture(
        root,
        "swav",
        make,
        loss,
        "SwAV: projector 8-10-6, 5 prototypes, temperature .1, epsilon .05, full queues of 8, crops of 16, 16 and 8.",
        finish=finish,
        sides=(16, 16, 8),
    )
