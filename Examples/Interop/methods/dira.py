"""DiRA (Haghighi et al., CVPR 2022): one step, for method_dira.npz.

Both losses are those of the weights before the step; the file's loss is their sum, each of whose gradients reaches its own
parameters alone. The key network is as in moco.py.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call

from fixture_files import SEED
from methods import moco
from methods.common import IMAGES, SIDE, WIDTHS, Encoder, Head, rows, step_fixture, target_of, unit
from supercl_torch import ConvBlock

RESTORATION, ADVERSARY = 10, 0.001
CHANNELS = (3, 4, 5)


class Decoder(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.stages = nn.ModuleList()
        for deep, shallow in zip(widths[:0:-1], widths[-2::-1]):
            stage = ConvBlock(2 * shallow, shallow)
            stage.up = nn.ConvTranspose2d(deep, shallow, 2, stride=2)
            self.stages.append(stage)

    def forward(self, levels):
        x = levels[-1]
        for stage, skip in zip(self.stages, levels[-2::-1]):
            x = stage(torch.cat([stage.up(x), skip], 1))
        return x


class Restorer(nn.Module):
    """A U-Net's decoder, a 1x1 convolution (a linear layer of features that come last), a sigmoid."""

    def __init__(self, widths):
        super().__init__()
        self.decoder = Decoder(widths)
        self.head = nn.Linear(widths[0], 1)

    def forward(self, levels):
        return self.head(self.decoder(levels).permute(0, 2, 3, 1)).permute(0, 3, 1, 2).sigmoid()


class Discriminator(nn.Module):
    """3x3 convolutions, stride 2 but for the last two, instance norm from the second on, leaky ReLU of slope .2."""

    def __init__(self, channels):
        super().__init__()
        inputs = (1, *channels)
        self.count = len(channels)
        for i, (before, behind) in enumerate(zip(inputs, (*channels, 1)), 1):
            setattr(self, f"conv{i}", nn.Conv2d(before, behind, 3, 2 if i < self.count else 1, 1))
            if 1 < i <= self.count:
                norm = nn.InstanceNorm2d(behind, affine=True)
                norm.requires_grad_(False)
                setattr(self, f"norm{i}", norm)

    def forward(self, x):
        for i in range(1, self.count + 1):
            x = getattr(self, f"conv{i}")(x)
            if i > 1:
                x = getattr(self, f"norm{i}")(x)
            x = F.leaky_relu(x, 0.2)
        return getattr(self, f"conv{self.count + 1}")(x)


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    learner.projector = Head((WIDTHS[-1], WIDTHS[-1], moco.FEATURES), norm=None)
    learner.target = target_of(learner)
    learner.queue = moco.Queue()
    learner.restorer = Restorer(WIDTHS)
    learner.discriminator = Discriminator(CHANNELS)
    return learner


def loss(learner, views, original):
    original = original.permute(0, 3, 1, 2)
    levels = learner.encoder(views[0])
    queries, restored = unit(learner.projector(levels[-1])), learner.restorer(levels)
    with torch.no_grad():
        learner.keys = unit(rows(learner.target, views[1]))
    own = (queries * learner.keys).sum(1, keepdim=True)
    logits = torch.cat([own, queries @ learner.queue.rows.clone().T], dim=1) / moco.TEMPERATURE
    contrast = F.cross_entropy(logits, torch.zeros(len(queries), dtype=torch.long))
    # The generator's loss passes the discriminator and leaves its weights alone.
    still = {name: parameter.detach() for name, parameter in learner.discriminator.named_parameters()}
    judged = functional_call(learner.discriminator, still, (restored,))
    generator = contrast + RESTORATION * (restored - original).square().mean() + ADVERSARY * (judged - 1).square().mean()
    real = (learner.discriminator(original) - 1).square().mean()
    fake = learner.discriminator(restored.detach()).square().mean()
    return generator + (real + fake) / 2


def fixtures(root):
    source = torch.Generator().manual_seed(SEED)
    step_fixture(
        root,
        "dira",
        make,
        loss,
        "DiRA: MoCo's part as above, weights 1, 10 and .001, a discriminator of 3, 4 and 5 channels; `loss` is the sum of both, "
        "`original` [N, H, W, 1] what the first view is to become.",
        prepare=moco.move,
        finish=moco.finish,
        extra={"original": torch.rand((IMAGES, SIDE, SIDE, 1), generator=source)},
    )
