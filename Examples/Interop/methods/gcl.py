"""GCL (Chaitanya et al., NeurIPS 2020): one step of each stage, for method_gcl.npz and method_gcl_local.npz."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from methods.common import WIDTHS, Encoder, Head, rows, step_fixture
from supercl_torch import ConvBlock

TEMPERATURE, PARTS = 0.1, 2
SIDE = 3  # pixels of a region
# In quarters of the map's side less 4: 13 regions, then four places that are negatives alone.
PLACES = [(0, 0), (0, 2), (0, 4), (2, 0), (2, 2), (2, 4), (4, 0), (4, 2), (4, 4), (1, 1), (1, 3), (3, 1), (3, 3)]
PLACES += [(1, 2), (2, 1), (2, 3), (3, 2)]
NEGATIVES = {
    (0, 0): [(0, 2), (1, 1), (1, 2), (2, 0), (2, 1)],
    (0, 2): [(0, 0), (0, 4), (1, 1), (1, 3), (2, 2)],
    (0, 4): [(0, 2), (1, 2), (1, 3), (2, 3), (2, 4)],
    (2, 0): [(0, 0), (1, 1), (2, 2), (4, 0), (3, 1)],
    (2, 2): [(1, 1), (1, 3), (3, 1), (3, 3), (2, 0)],
    (2, 4): [(0, 4), (2, 2), (4, 4), (1, 3), (3, 3)],
    (4, 0): [(2, 0), (2, 1), (4, 2), (3, 1), (3, 2)],
    (4, 2): [(2, 2), (4, 0), (4, 4), (3, 1), (3, 3)],
    (4, 4): [(2, 3), (2, 4), (4, 2), (3, 3), (3, 2)],
    (1, 1): [(0, 0), (0, 2), (2, 0), (2, 2), (1, 3)],
    (1, 3): [(0, 2), (0, 4), (1, 1), (2, 2), (2, 4)],
    (3, 1): [(2, 0), (2, 2), (4, 0), (4, 2), (3, 3)],
    (3, 3): [(2, 2), (2, 4), (4, 2), (4, 4), (3, 1)],
}


def safe_unit(x):
    """Divided by the root of the squared length, or of 1e-12 where that is less."""
    return x / x.square().sum(-1, keepdim=True).clamp_min(1e-12).sqrt()


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    learner.projector = Head((WIDTHS[-1], 10, 6), biases=False, norm=None)
    return learner


def loss(learner, views):
    """G^D for two volumes: blocks x_i, a_i, x_j, a_j; the part of a row is its number modulo the number of parts."""
    u = safe_unit(rows(learner, views[0]))
    part = torch.arange(len(u)) % PARTS
    terms = []
    for a in range(PARTS):
        xi, ai, xj, aj = (a + block * PARTS for block in range(4))
        for one, other in ((xi, ai), (xi, xj), (xj, aj), (ai, aj)):
            for anchor, positive in ((one, other), (other, one)):
                own = u[anchor] @ u[positive] / TEMPERATURE
                apart = u[part != part[anchor]] @ u[anchor] / TEMPERATURE
                terms.append(torch.cat([own[None], apart]).logsumexp(0) - own)
    return sum(terms) / len(terms)


class Decoder(nn.Module):
    """The deepest stage of a U-Net's decoder."""

    def __init__(self, deep, shallow):
        super().__init__()
        stage = ConvBlock(2 * shallow, shallow)
        stage.up = nn.ConvTranspose2d(deep, shallow, 2, stride=2)
        self.stages = nn.ModuleList([stage])

    def forward(self, levels):
        stage = self.stages[0]
        return stage(torch.cat([stage.up(levels[-1]), levels[-2]], 1))


class Norm(nn.BatchNorm2d):
    """Batch norm of features that come last."""

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def make_local():
    learner = nn.Module()
    learner.encoder = Encoder()
    learner.encoder.requires_grad_(False)
    channels = WIDTHS[-2]
    learner.decoder = Decoder(WIDTHS[-1], channels)
    # 1x1 convolutions, as linear layers of features that come last.
    learner.conv1 = nn.Linear(channels, channels, bias=False)
    learner.norm1 = Norm(channels)
    learner.conv2 = nn.Linear(channels, channels, bias=False)
    learner.region = nn.Linear(SIDE * SIDE * channels, 6, bias=False)
    return learner


def local_loss(learner, views):
    """L^R: two versions of each image, region by region, both directions."""
    images = len(views[0])
    learner.encoder.eval()
    levels = learner.encoder(torch.cat(views))
    learner.encoder.train()
    x = learner.decoder(levels).permute(0, 2, 3, 1)
    x = learner.conv2(F.relu(learner.norm1(learner.conv1(x))))
    free = x.shape[1] - 4

    def region(place):
        row, column = (quarter * free // 4 for quarter in place)
        return safe_unit(learner.region(x[:, row : row + SIDE, column : column + SIDE].flatten(1)))

    regions = {place: region(place) for place in PLACES}
    terms = []
    for place, others in NEGATIVES.items():
        first, second = regions[place][:images], regions[place][images:]
        for one, other in ((first, second), (second, first)):
            own = (one * other).sum(1) / TEMPERATURE
            logits = [own]
            for negative in others:
                for version in regions[negative].split(images):
                    logits.append((one * version).sum(1) / TEMPERATURE)
            terms.append(torch.stack(logits).logsumexp(0) - own)
    return torch.stack(terms).mean()


def fixtures(root):
    step_fixture(
        root,
        "gcl",
        make,
        loss,
        "GCL, first stage: projector 8-10-6 without norm and biases, temperature .1; `view1` is the rows of two volumes of 2 "
        "parts, in blocks x_i, a_i, x_j, a_j.",
        sides=(16,),
        images=4 * PARTS,
    )
    step_fixture(
        root,
        "gcl_local",
        make_local,
        local_loss,
        "GCL, second stage: one decoder stage on the frozen encoder (in evaluation mode), rows of 6, temperature .1, two images "
        "in two versions.",
        images=2,
    )
