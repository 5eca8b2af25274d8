"""PCL (Zeng et al., MICCAI 2021): one step, for method_pcl.npz."""

import torch
import torch.nn as nn

from methods.common import WIDTHS, Encoder, Head, rows, step_fixture, unit

TEMPERATURE, BASE_TEMPERATURE, THRESHOLD = 0.1, 0.07, 0.1
POSITIONS = (0.05, 0.12, 0.5, 0.9)


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    learner.projector = Head((WIDTHS[-1], WIDTHS[-1], WIDTHS[-1]), norm=None)
    return learner


def supervised(u, positives, temperature):
    """The mean over rows of -mean over positives of the log share; the row itself is left out."""
    similarity = u @ u.T / temperature
    similarity = similarity.masked_fill(torch.eye(len(u), dtype=torch.bool), float("-inf"))
    logs = (similarity - similarity.logsumexp(1, keepdim=True)).masked_fill(~positives, 0)
    return -(logs.sum(1) / positives.sum(1)).mean()


def loss(learner, views, positions):
    # Each view passes by itself, so that a norm sees one of them.
    u = unit(torch.cat([rows(learner, view) for view in views]))
    places = torch.cat([positions, positions])
    near = (places[:, None] - places).abs() < THRESHOLD
    near.fill_diagonal_(False)
    return TEMPERATURE / BASE_TEMPERATURE * supervised(u, near, TEMPERATURE)


def fixtures(root):
    step_fixture(
        root,
        "pcl",
        make,
        loss,
        "PCL: projector 8-8-8 without norm, temperature .1, factor .1 / .07, threshold .1, the views in two passes; `positions` "
        "[4].",
        extra={"positions": torch.tensor(POSITIONS, dtype=torch.float64)},
    )
