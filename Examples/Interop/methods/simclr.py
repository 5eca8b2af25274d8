"""SimCLR (Chen et al., ICML 2020; the projector of v2, NeurIPS 2020): one step, for method_simclr.npz."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from methods.common import WIDTHS, Encoder, Head, Scale, matrices_decay, step_fixture, unit

TEMPERATURE = 0.1


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    deepest = WIDTHS[-1]
    # Three layers: batch norm and ReLU behind two of them, batch norm without shift behind the last, no biases.
    learner.projector = Head((deepest, deepest, deepest, 6), biases=False, output_norm=Scale)
    return learner


def nt_xent(z, temperature=TEMPERATURE):
    """Equation 1: the mean over all 2N rows; the denominator runs over the 2N - 1 others."""
    u = unit(z)
    similarity = u @ u.T / temperature
    similarity = similarity.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
    images = len(z) // 2
    partner = torch.arange(len(z)).roll(images)
    return F.cross_entropy(similarity, partner)


def loss(learner, views):
    # Both views pass together, so that every norm sees all of them.
    return nt_xent(learner.projector(learner.encoder(torch.cat(views))[-1]))


def fixtures(root):
    step_fixture(
        root,
        "simclr",
        make,
        loss,
        "SimCLR: projector 8-8-8-6 of v2, temperature .1, both views in one pass; weight decay for weights alone.",
        groups=matrices_decay,
    )
