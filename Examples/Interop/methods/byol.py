"""BYOL (Grill et al., NeurIPS 2020): one step, for method_byol.npz."""

import torch
import torch.nn as nn

from methods.common import WIDTHS, Encoder, Head, follow, matrices_decay, rows, step_fixture, target_of, unit

TAU = 0.99  # of step 0


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    # Linear, batch norm, ReLU, linear without bias: projector and predictor.
    learner.projector = Head((WIDTHS[-1], 10, 6), biases=[True, False])
    learner.predictor = Head((6, 10, 6), biases=[True, False])
    learner.target = target_of(learner)
    return learner


def squared_distance(p, t):
    """Equation 2: |p - t|^2 of unit rows, the mean over the images."""
    return (unit(p) - unit(t.detach())).square().sum(1).mean()


def loss(learner, views):
    predictions = [learner.predictor(rows(learner, view)) for view in views]
    with torch.no_grad():
        targets = [rows(learner.target, view) for view in views]
    return squared_distance(predictions[0], targets[1]) + squared_distance(predictions[1], targets[0])


def fixtures(root):
    step_fixture(
        root,
        "byol",
        make,
        loss,
        "BYOL: projector 8-10-6, predictor 6-10-6, the views in two passes; weight decay for weights alone; the target moves "
        "by tau .99 behind the step.",
        groups=matrices_decay,
        finish=lambda learner: follow(learner.target, learner, TAU),
    )
