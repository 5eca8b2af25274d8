"""DeSD (Ye et al., MICCAI 2022): one step, for method_desd.npz."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F

from methods.common import WIDTHS, Encoder, Head, follow, matrices_decay, step_fixture, unit

STUDENT_TEMPERATURE, TEACHER_TEMPERATURE = 0.1, 0.04
CENTER_MOMENTUM, TEACHER_MOMENTUM = 0.9, 0.996
OUTPUTS, DEPTHS = 9, 3


class Prototypes(nn.Module):
    """A linear layer without bias whose rows have length 1: weight norm with a gain fixed to 1."""

    def __init__(self, features, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, features))

    def forward(self, x):
        return F.linear(x, unit(self.weight))


class DistillationHead(nn.Module):
    """Three linear layers with batch norm and GELU between, unit length, and the layer above."""

    def __init__(self, features):
        super().__init__()
        self.perceptron = Head((features, 10, 10, 5), activation=F.gelu)
        self.last = Prototypes(5, OUTPUTS)

    def forward(self, x):
        return self.last(unit(self.perceptron(x)))


def make():
    learner = nn.Module()
    learner.encoder = Encoder()
    learner.projector = DistillationHead(WIDTHS[-1])
    learner.heads = nn.ModuleList(DistillationHead(width) for width in WIDTHS[-DEPTHS:-1])
    learner.target = nn.Module()
    for part in ("encoder", "projector"):
        setattr(learner.target, part, copy.deepcopy(getattr(learner, part)))
    learner.target.projector.last.weight.data += 0.3 * torch.randn(OUTPUTS, 5)
    learner.target.requires_grad_(False)
    learner.center = nn.Module()
    learner.center.register_buffer("mean", torch.linspace(-0.2, 0.3, OUTPUTS))
    return learner


def loss(learner, views):
    """The views pass student and teacher together, as large crops of one size do in DINO's wrapper."""
    images = torch.cat(views)
    levels = learner.encoder(images)[-DEPTHS:]
    heads = [*learner.heads, learner.projector]
    students = [head(level).chunk(2) for head, level in zip(heads, levels)]
    with torch.no_grad():
        learner.teacher = learner.target.projector(learner.target.encoder(images)[-1])
        codes = F.softmax((learner.teacher - learner.center.mean) / TEACHER_TEMPERATURE, dim=1).chunk(2)

    def cross_entropy(code, student):
        return -(code * F.log_softmax(student / STUDENT_TEMPERATURE, dim=1)).sum(1).mean()

    depths = [
        (cross_entropy(codes[0], student[1]) + cross_entropy(codes[1], student[0])) / 2 for student in students
    ]
    return sum(depths) / len(depths)


def finish(learner):
    follow(learner.target, learner, TEACHER_MOMENTUM)
    learner.center.mean.mul_(CENTER_MOMENTUM).add_(learner.teacher.mean(0), alpha=1 - CENTER_MOMENTUM)


def fixtures(root):
    step_fixture(
        root,
        "desd",
        make,
        loss,
        "DeSD: heads 10-10-5 with 9 outputs on three depths, temperatures .1 and .04, both views in one pass; weight decay "
        "for weights alone; behind the step the teacher moves by .996, the center by .9.",
        groups=matrices_decay,
        finish=finish,
    )
