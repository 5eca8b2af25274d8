#!/usr/bin/env python3
"""PyTorch on training steps: U-Net fine-tuning and SuperCL pre-training, with and without the making of what they read.

    unet SIZE           U-Net of method section 5, widths 32 ... 512, batch 8, 5 classes, cross-entropy + Dice, Adam (L2 1e-5)
    small unet 128      the same with width 16, batch 4 and 11 classes, as the quickstart trains
    supercl SIZE        one SuperCL step of supercl_torch.py: four forwards, three losses, SGD; superpixels are given.
                        128 and 256: width 32, batch 8, ILCP on the 32x32 level; 512: width 16, batch 4, bottleneck
    views SIZE          the same batch's two T_fix and two T_var views and the superpixels of the T_fix views
    whole supercl SIZE  both: views made anew for every step
    whole unet SIZE     a fine-tuning step on images and labels moved anew by T_var
    unet3d 64           a 3-D U-Net on volumes of 64^3, widths 32 ... 256, batch 2, 5 classes, the loss and optimiser of `unet`
    views3d 64          the two T_fix and two T_var views of such a batch and the supervoxels of the T_fix views (volumes.py)

Settings: default (NCHW), channels-last, compile (channels-last, torch.compile), bf16 (channels-last, autocast); of the views
and the whole steps the maker (views.py), and 2-workers where two processes make the next step's views during a step.
"""

import os
import sys
from functools import partial

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Interop"))

from peerlib import case, main, phantom

try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"bench_step.py: {missing.name} is not installed")

import supercl_torch as reference
import volumes
from views import MAKERS, Feed, supercl_views, varied_view

LAYOUTS = ("channels-last", "default", "compile")
CLASSES = 5
# size: width, batch, level that ILCP reads
SUPERCL = {128: (32, 8, 2), 256: (32, 8, 3), 512: (16, 4, 4)}


def images(batch, size):
    return np.stack([phantom((size, size), index) for index in range(batch)])[:, None]


def grid_superpixels(batch, size, side=10):
    """About a hundred irregular regions an image; their making is not timed here, so a wavy grid does."""
    rows, columns = np.mgrid[0:size, 0:size]
    maps = []
    for b in range(batch):
        wave = size / 40 * np.sin(columns * 12 / size + b), size / 40 * np.cos(rows * 12 / size - b)
        r = np.clip((rows + wave[0]) * side // size, 0, side - 1)
        c = np.clip((columns + wave[1]) * side // size, 0, side - 1)
        maps.append(r * side + c)
    return torch.from_numpy(np.stack(maps).astype(np.int64))


def dice_loss(logits, onehot):
    probability = logits.softmax(1)
    axes = (0, *range(2, logits.dim()))
    overlap = (probability * onehot).sum(axes)
    total = probability.sum(axes) + onehot.sum(axes)
    return 1 - ((2 * overlap + 1) / (total + 1)).mean()


def arrange(setting, *tensors):
    if setting == "default":
        return tensors
    return [tensor.to(memory_format=torch.channels_last) for tensor in tensors]


def one_hot(target, classes):
    return F.one_hot(target, classes).permute(0, 3, 1, 2).float()


def unet_training(setting, width, classes):
    """Trains on images [N, 1, H, W] and labels [N, H, W], also one-hot: one step a call."""
    torch.manual_seed(0)
    network = reference.initialize(reference.UNet(1, classes, tuple(width << i for i in range(5))))
    if setting != "default":
        network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), 5e-4, weight_decay=1e-5, fused=True)
    forward = torch.compile(network) if setting == "compile" else network

    def train(x, target, onehot):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=setting == "bf16"):
            logits = forward(x)
        logits = logits.float()
        loss = F.cross_entropy(logits, target) + dice_loss(logits, onehot)
        loss.backward()
        optimizer.step()

    return train


def unet(setting, threads, size, width=32, batch=8, classes=CLASSES):
    train = unet_training(setting, width, classes)
    x = torch.from_numpy(images(batch, size))
    target = (x[:, 0] * (classes - 0.01)).long()
    x, onehot = arrange(setting, x, one_hot(target, classes))
    return lambda: train(x, target, onehot)


def supercl_training(setting, size):
    """Trains on four views [N, 1, H, W] and two superpixel maps [N, H, W]: one step a call."""
    torch.manual_seed(0)
    width, batch, level = SUPERCL[size]
    network = reference.initialize(reference.SuperCLNetwork(1, tuple(width << i for i in range(5))))
    if setting != "default":
        network.encoder.to(memory_format=torch.channels_last)
    # The positives' sums by label: the same value, faster than the masked form, so the peer gets it.
    options = reference.StepOptions(level=level, by_label=True)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=1e-5, fused=True)
    if setting == "compile":
        network.encoder.forward = torch.compile(network.encoder.forward)
    positions = torch.linspace(0.05, 0.95, batch)

    def train(views, maps):
        optimizer.zero_grad(set_to_none=True)
        result = reference.supercl_loss(network, views, maps, positions, options)
        result["loss"].backward()
        optimizer.step()

    return train


def supercl(setting, threads, size):
    batch = SUPERCL[size][1]
    x = torch.from_numpy(images(batch, size))
    views = [x, (0.8 * x + 0.1).clamp(0, 1), x.flip(-1), 0.9 * x.transpose(2, 3)]
    views = list(arrange(setting, *(view.contiguous() for view in views)))
    maps = [grid_superpixels(batch, size)] * 2
    train = supercl_training(setting, size)
    return lambda: train(views, maps)


def parse(setting):
    """Layout, maker of the views and worker processes of a setting such as "channels-last opencv 2-workers"."""
    words = setting.split()
    maker = next((word for word in words if word in MAKERS), MAKERS[0])
    workers = next((int(word.split("-")[0]) for word in words if word.endswith("-workers")), 0)
    return words[0], maker, workers


def one_thread(maker, threads):
    if maker == "opencv":
        import cv2

        cv2.setNumThreads(threads)


def views(setting, threads, size):
    """The setting names the maker; see views.py."""
    stack = images(SUPERCL[size][1], size)[:, 0]
    one_thread(setting, threads)
    return Feed(partial(call_views, setting), [(image,) for image in stack], 0).next


def call_views(maker, image, random):
    return supercl_views(image, random, maker)


def call_augmented(maker, image, labels, random):
    return varied_view(image, random, maker, labels)


def whole_supercl(setting, threads, size):
    """A step with the making of what it reads."""
    layout, maker, workers = parse(setting)
    # Before torch starts its threads: a worker is a copy of this process.
    one_thread(maker, 1 if workers else threads)
    feed = Feed(partial(call_views, maker), [(image,) for image in images(SUPERCL[size][1], size)[:, 0]], workers)
    train = supercl_training(layout, size)

    def step():
        made = feed.next()
        pick = lambda part, view: torch.from_numpy(np.stack([item[part][view] for item in made]))
        views = arrange(layout, *(pick(part, view)[:, None] for part in (0, 1) for view in (0, 1)))
        train(list(views), [pick(2, view).long() for view in (0, 1)])
        feed.wait()

    return step


def whole_unet(setting, threads, size):
    """A fine-tuning step with augmentation of images and labels."""
    layout, maker, workers = parse(setting)
    one_thread(maker, 1 if workers else threads)
    stack = images(8, size)[:, 0]
    labels = (stack * (CLASSES - 0.01)).astype(np.int16)
    feed = Feed(partial(call_augmented, maker), list(zip(stack, labels)), workers)
    train = unet_training(layout, 32, CLASSES)

    def step():
        made = feed.next()
        x = torch.from_numpy(np.stack([image for image, _ in made]))[:, None]
        target = torch.from_numpy(np.stack([label for _, label in made])).long()
        x, onehot = arrange(layout, x, one_hot(target, CLASSES))
        train(x, target, onehot)
        feed.wait()

    return step


WHOLE = (
    *LAYOUTS,
    *(f"{layout} {maker}" for layout in ("channels-last", "compile") for maker in MAKERS[1:]),
)
PARALLEL = tuple(f"{layout} {maker} 2-workers" for layout in ("channels-last", "compile") for maker in MAKERS)

for size in (128, 256):

    @case(f"unet {size}", (*LAYOUTS, "bf16"))
    def unet_case(setting, threads, size=size):
        return unet(setting, threads, size)

    @case(f"whole unet {size}", (*WHOLE, *PARALLEL))
    def whole_unet_case(setting, threads, size=size):
        return whole_unet(setting, threads, size)


@case("small unet 128", LAYOUTS)
def small_unet_case(setting, threads):
    return unet(setting, threads, 128, width=16, batch=4, classes=11)


case("unet3d 64", LAYOUTS)(lambda setting, threads: volumes.unet3d(setting, 64, CLASSES, dice_loss))
case("views3d 64", MAKERS[:1])(lambda setting, threads: volumes.views3d(64))

for size in SUPERCL:

    @case(f"supercl {size}", LAYOUTS)
    def supercl_case(setting, threads, size=size):
        return supercl(setting, threads, size)

    @case(f"whole supercl {size}", (*WHOLE, *PARALLEL))
    def whole_supercl_case(setting, threads, size=size):
        return whole_supercl(setting, threads, size)

    @case(f"views {size}", MAKERS)
    def views_case(setting, threads, size=size):
        return views(setting, threads, size)


if __name__ == "__main__":
    main()
