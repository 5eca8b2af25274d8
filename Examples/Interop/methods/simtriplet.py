"""SimTriplet (Liu et al., MICCAI 2021): one step, for method_simtriplet.npz.

View 1 and view 3 are of a slice, view 2 of its neighbour.
"""

import torch.nn as nn

from methods.common import SIDE, WIDTHS, Encoder, Head, cosine_distance, rows, step_fixture


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    # Linear layers with biases, norms with scale and shift, the last one too; hidden and output are as wide.
    learner.projector = Head((WIDTHS[-1], 6, 6, 6), output_norm=nn.BatchNorm1d)
    learner.predictor = Head((6, 3, 6))
    return learner


def loss(learner, views):
    z = [rows(learner, view) for view in views]
    p = [learner.predictor(row) for row in z]
    pairs = ((0, 1), (1, 0), (0, 2), (2, 0))
    return sum(cosine_distance(p[i], z[j]) for i, j in pairs) / 2


def fixtures(root):
    step_fixture(
        root,
        "simtriplet",
        make,
        loss,
        "SimTriplet: projector 8-6-6-6, predictor 6-3-6, the views (slice, neighbour, slice again) in three passes.",
        sides=(SIDE,) * 3,
    )
