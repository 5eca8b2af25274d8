"""SimSiam (Chen and He, CVPR 2021): one step, for method_simsiam.npz."""

import torch.nn as nn

from methods.common import WIDTHS, Encoder, Head, cosine_distance, rows, step_fixture


def plain(features):
    """Batch norm without scale and shift."""
    return nn.BatchNorm1d(features, affine=False)


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    deepest = WIDTHS[-1]
    # The release keeps a frozen bias in front of the last norm, which takes it away again.
    learner.projector = Head((deepest, deepest, deepest, 6), biases=False, output_norm=plain)
    learner.predictor = Head((6, 3, 6), biases=[False, True])
    return learner


def loss(learner, views):
    z = [rows(learner, view) for view in views]
    p = [learner.predictor(row) for row in z]
    return (cosine_distance(p[0], z[1]) + cosine_distance(p[1], z[0])) / 2


def fixtures(root):
    step_fixture(
        root,
        "simsiam",
        make,
        loss,
        "SimSiam: projector 8-8-8-6, its last norm without scale and shift, predictor 6-3-6, the views in two passes.",
    )
