"""What the methods' scripts share: a small U-Net encoder, heads, lively weights, and the fixture of one step.

A script says how its learner is made and what its loss is; `step_fixture` takes one step of it and writes
Tests/ContrastiveTests/Fixtures/method_NAME.npz. Names of parameters and buffers are those of the Swift library's learner, so
that its `state()` loads them strictly.
"""

import copy

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from fixture_files import SEED, remark, save
from supercl_torch import Center, ConvBlock, initialize

WIDTHS = (2, 4, 8)
SIDE = 16
IMAGES = 4
# The optimiser of every fixture, whatever the method's own is: SGD with momentum and L2 decay.
RATE, MOMENTUM, DECAY = 0.01, 0.9, 1e-3

KEYS = f"""
The `method_*.npz` are one step of each compared method, by Examples/Interop/methods, where each is written from its paper.
Encoder of widths {", ".join(map(str, WIDTHS))} with one input channel, {IMAGES} images. Keys: `view1`, `view2`, ... [N, H, W, 1]
float32; `before.NAME`: every parameter, buffer and counter of the learner before the step, under the library's names, float32
and int64; `loss`, float64; `gradient.NAME` and `after.NAME` (the state behind the step), computed in float64 and stored as
float32. The optimiser is SGD with rate {RATE:g}, momentum {MOMENTUM:g} and L2 decay {DECAY:g}, whatever the method's own is.
"""


# ------------------------------------------------------------------------------------------------ networks
class Encoder(nn.Module):
    """The library's U-Net encoder with any number of stages: all levels, finest first, the center last."""

    def __init__(self, widths=WIDTHS, channels_in=1):
        super().__init__()
        inputs = (channels_in, *widths[:-2])
        self.stages = nn.ModuleList(ConvBlock(i, o) for i, o in zip(inputs, widths[:-1]))
        self.center = Center(widths[-2], widths[-1])

    def forward(self, x):
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
            x = F.max_pool2d(x, 2)
        return [*levels, self.center(x)]


class Scale(nn.BatchNorm1d):
    """Batch norm with a scale and without a shift."""

    def __init__(self, features):
        super().__init__(features)
        self.register_parameter("bias", None)

    def forward(self, x):
        # F.batch_norm takes a missing shift as zero.
        return super().forward(x)


class Head(nn.Module):
    """fc1, norm1, activation, fc2, norm2, activation, ...: the last layer has no activation, and a norm only if said.

    widths: of the input and of every layer. biases: of each linear layer, one for all or a list. norm, output_norm: a
    class of norms, or None.
    """

    def __init__(self, widths, biases=True, norm=nn.BatchNorm1d, output_norm=None, activation=F.relu):
        super().__init__()
        self.count, self.activation = len(widths) - 1, activation
        biases = [biases] * self.count if isinstance(biases, bool) else biases
        for i in range(1, self.count + 1):
            setattr(self, f"fc{i}", nn.Linear(widths[i - 1], widths[i], bias=biases[i - 1]))
            kind = norm if i < self.count else output_norm
            if kind is not None:
                setattr(self, f"norm{i}", kind(widths[i]))

    def forward(self, x):
        if x.dim() > 2:
            x = x.mean((2, 3))
        for i in range(1, self.count + 1):
            x = getattr(self, f"fc{i}")(x)
            if hasattr(self, f"norm{i}"):
                x = getattr(self, f"norm{i}")(x)
            if i < self.count:
                x = self.activation(x)
        return x


def rows(network, images):
    """What the projector of a network makes of the deepest level."""
    return network.projector(network.encoder(images)[-1])


def unit(x):
    return F.normalize(x, dim=1)


def cosine_distance(p, z):
    """Minus the mean cosine of predictions and targets; no gradient flows through the targets."""
    return -F.cosine_similarity(p, z.detach(), dim=1).mean()


@torch.no_grad()
def follow(target, online, momentum):
    """target = m target + (1 - m) online, by name."""
    source = dict(online.named_parameters())
    for name, parameter in target.named_parameters():
        parameter.mul_(momentum).add_(source[name], alpha=1 - momentum)


def target_of(online, parts=("encoder", "projector")):
    """A second network of the same parts, without gradients, whose weights differ: a target in the middle of a training."""
    target = nn.Module()
    for part in parts:
        setattr(target, part, copy.deepcopy(getattr(online, part)))
    for parameter in target.parameters():
        parameter.requires_grad_(False)
    return target


# ------------------------------------------------------------------------------------------------- weights, views
def make_lively(learner, source):
    """Weights nearly as layers begin with them; norms, biases, running statistics away from their defaults."""
    initialize(learner)
    for layer in learner.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            if layer.weight is not None:
                layer.weight.data = 1 + 0.2 * torch.randn(layer.weight.shape, generator=source)
            if layer.bias is not None:
                layer.bias.data = 0.2 * torch.randn(layer.bias.shape, generator=source)
            layer.running_mean.data = 0.3 * torch.randn(layer.running_mean.shape, generator=source)
            layer.running_var.data = 0.5 + torch.rand(layer.running_var.shape, generator=source)
        elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and layer.bias is not None:
            layer.bias.data = 0.1 * torch.randn(layer.bias.shape, generator=source)
        elif isinstance(layer, nn.Linear):
            # A target's head begins as a copy of the network's: then it would not show whether the two are mixed up.
            layer.weight.data += 0.1 * torch.randn(layer.weight.shape, generator=source)
    return learner


def example_views(sides, images, source, channels=1):
    """For each side a view of every image, [N, C, side, side]: its own waves, moved and with noise, values of float32."""
    views = []
    for side in sides:
        row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
        batch = []
        for image in range(images):
            shift = torch.rand(2, generator=source)
            waves = [
                torch.sin((row + 3 * shift[0]) / (2 + image + c) + image)
                + torch.cos((column + 3 * shift[1]) / (1.5 + 2 * image + c))
                for c in range(channels)
            ]
            noise = torch.randn((channels, side, side), generator=source)
            batch.append(torch.stack(waves) + 0.3 * noise)
        views.append(torch.stack(batch).float())
    return views


# -------------------------------------------------------------------------------------------------------- a step
def take_step(learner, views, dtype, loss, groups, hold, finish, extra):
    """Loss, gradients and state after a step of a copy in the given type."""
    learner = copy.deepcopy(learner).to(dtype).train()
    extra = {name: value.to(dtype) if value.is_floating_point() else value for name, value in extra.items()}
    optimizer = torch.optim.SGD(
        groups(learner), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY
    )
    value = loss(learner, [view.to(dtype) for view in views], **extra)
    value.backward()
    gradients = {
        name: parameter.grad.clone()
        for name, parameter in learner.named_parameters()
        if parameter.requires_grad and parameter.grad is not None
    }
    hold(learner)
    optimizer.step()
    with torch.no_grad():
        finish(learner)
    return value.detach(), gradients, {name: t.detach().clone() for name, t in learner.state_dict().items()}


def all_decay(learner):
    """Every parameter that takes a gradient, with weight decay."""
    return [{"params": [p for p in learner.parameters() if p.requires_grad]}]


def matrices_decay(learner):
    """Decay for weights alone: biases and norms, which have one axis, have none."""
    trained = [p for p in learner.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.dim() > 1]},
        {"params": [p for p in trained if p.dim() <= 1], "weight_decay": 0.0},
    ]


def largest_error(single, double):
    """The largest relative L2 error of a tensor; one that is zero but for rounding counts by a hundredth of the largest.

    A bias in front of a batch norm has such a gradient.
    """
    largest = max(float(g.double().norm()) for g in double.values())
    return max(
        float((single[name].double() - g.double()).norm()) / max(float(g.double().norm()), 1e-2 * largest)
        for name, g in double.items()
    )


def nothing(learner):
    pass


def step_fixture(
    root,
    name,
    make,
    loss,
    about,
    groups=all_decay,
    prepare=nothing,
    hold=nothing,
    finish=nothing,
    sides=(SIDE, SIDE),
    images=IMAGES,
    extra=None,
):
    """Takes one step of a method and writes it.

    make()                      a learner: a module with the names of the library's learner
    loss(learner, views, ...)   the scalar to minimise; it may leave on the learner what finish needs
    groups(learner)             the optimiser's groups: all_decay or matrices_decay
    prepare(learner)            what a step does before its first forward
    hold(learner)               between backward and the optimiser's step: gradients that are dropped
    finish(learner)             behind the optimiser's step: averages, queues, centers, norms
    extra                       tensors beside the views, by name; they go to loss by name and into the file

    Everything is computed in float64 from weights and views that float32 holds; among some seeds the one is taken where
    PyTorch in float32 has the same gradients: there no activation lies near a kink.
    """
    extra = extra or {}
    best = None
    for seed in range(SEED, SEED + 40):
        torch.manual_seed(seed)
        source = torch.Generator().manual_seed(seed + 1)
        learner = make_lively(make(), source)
        with torch.no_grad():
            prepare(learner)
        views = example_views(sides, images, source)
        run = lambda dtype: take_step(learner, views, dtype, loss, groups, hold, finish, extra)[1:]
        single, double = run(torch.float32), run(torch.float64)
        errors = [largest_error(one, two) for one, two in zip(single, double)]
        # In units of what the comparison allows: a good seed leaves room.
        score = max(errors[0] / 1e-3, errors[1] / 1e-5)
        if best is None or score < best[0]:
            best = score, errors, learner, views
        if score < 0.02:
            break
    _, errors, learner, views = best
    value, gradients, after = take_step(learner, views, torch.float64, loss, groups, hold, finish, extra)
    arrays = {"loss": value}
    for i, view in enumerate(views, 1):
        arrays[f"view{i}"] = np.ascontiguousarray(view.permute(0, 2, 3, 1).numpy())
    for key, tensor in extra.items():
        arrays[key] = tensor
    for key, tensor in learner.state_dict().items():
        arrays[f"before.{key}"] = tensor
    for key, tensor in gradients.items():
        arrays[f"gradient.{key}"] = tensor.float()
    for key, tensor in after.items():
        arrays[f"after.{key}"] = tensor.float() if tensor.is_floating_point() else tensor
    save(
        root,
        "ContrastiveTests",
        f"method_{name}.npz",
        arrays,
        f"{about} PyTorch in float32 is off by {errors[0]:.0e} in the gradients and {errors[1]:.0e} in the state behind the step"
        " (relative L2)",
    )


def remark_on_keys():
    """What PROVENANCE.md says about the files of all methods."""
    remark("ContrastiveTests", KEYS)
