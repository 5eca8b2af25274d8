#!/usr/bin/env python3
"""PyTorch on whole training steps: U-Net fine-tuning, SuperCL pre-training, and what feeds the latter.

    unet SIZE       U-Net of method section 5, widths 32 ... 512, batch 8, 5 classes, cross-entropy + Dice, Adam (L2 1e-5)
    small unet 128  the same with width 16, batch 4 and 11 classes, as the quickstart trains
    supercl SIZE    one SuperCL step of supercl_torch.py: four forwards, three losses, SGD; superpixels are given.
                    128 and 256: width 32, batch 8, ILCP on the 32x32 level; 512: width 16, batch 4, bottleneck
    views SIZE      the same batch's two T_fix and two T_var views and the superpixels of the T_fix views

Settings: default (NCHW), channels-last, compile (channels-last, torch.compile), bf16 (channels-last, autocast).
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Interop"))

from peerlib import case, main, phantom

try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"bench_step.py: {missing.name} is not installed")

import supercl_torch as reference

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
    overlap = (probability * onehot).sum((0, 2, 3))
    total = probability.sum((0, 2, 3)) + onehot.sum((0, 2, 3))
    return 1 - ((2 * overlap + 1) / (total + 1)).mean()


def arrange(setting, *tensors):
    if setting == "default":
        return tensors
    return [tensor.to(memory_format=torch.channels_last) for tensor in tensors]


def unet(setting, threads, size, width=32, batch=8, classes=CLASSES):
    torch.manual_seed(0)
    network = reference.initialize(reference.UNet(1, classes, tuple(width << i for i in range(5))))
    if setting != "default":
        network.to(memory_format=torch.channels_last)
    x = torch.from_numpy(images(batch, size))
    target = (x[:, 0] * (classes - 0.01)).long()
    onehot = F.one_hot(target, classes).permute(0, 3, 1, 2).float()
    x, onehot = arrange(setting, x, onehot)
    optimizer = torch.optim.Adam(network.parameters(), 5e-4, weight_decay=1e-5, fused=True)
    forward = torch.compile(network) if setting == "compile" else network

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=setting == "bf16"):
            logits = forward(x)
        logits = logits.float()
        loss = F.cross_entropy(logits, target) + dice_loss(logits, onehot)
        loss.backward()
        optimizer.step()

    return step


def supercl(setting, threads, size):
    torch.manual_seed(0)
    width, batch, level = SUPERCL[size]
    network = reference.initialize(reference.SuperCLNetwork(1, tuple(width << i for i in range(5))))
    if setting != "default":
        network.encoder.to(memory_format=torch.channels_last)
    x = torch.from_numpy(images(batch, size))
    views = [x, (0.8 * x + 0.1).clamp(0, 1), x.flip(-1), 0.9 * x.transpose(2, 3)]
    views = list(arrange(setting, *(view.contiguous() for view in views)))
    maps = [grid_superpixels(batch, size)] * 2
    # The positives' sums by label: the same value, faster than the masked form, so the peer gets it.
    options = reference.StepOptions(level=level, by_label=True)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=1e-5, fused=True)
    if setting == "compile":
        network.encoder.forward = torch.compile(network.encoder.forward)
    positions = torch.linspace(0.05, 0.95, batch)

    def step():
        optimizer.zero_grad(set_to_none=True)
        result = reference.supercl_loss(network, views, maps, positions, options)
        result["loss"].backward()
        optimizer.step()

    return step


def fixed_view(image, random):
    """T_fix: min-max to 8 bits, brightness, contrast, Gaussian 3x3, min-max to 0...1."""
    from scipy import ndimage

    def stretch(x):
        low, high = x.min(), x.max()
        return (x - low) / max(high - low, 1e-8)

    x = np.floor(stretch(image) * 255)
    x = np.clip(x * random.uniform(0, 1), 0, 255)
    x = np.clip((x - x.mean()) * random.uniform(0.8, 1.2) + x.mean(), 0, 255)
    sigma = random.uniform(1, 3)
    kernel = np.exp(-(np.array([-1, 0, 1]) ** 2) / (2 * sigma * sigma))
    kernel /= kernel.sum()
    x = ndimage.convolve1d(ndimage.convolve1d(x, kernel, 0, mode="nearest"), kernel, 1, mode="nearest")
    return stretch(x).astype(np.float32)


def varied_view(image, random, warp):
    """T_var: mirror; then, in two thirds of the draws, elastic deformation, rotation and scale, cubic, border 0."""
    from scipy import ndimage

    for axis in (0, 1):
        if random.random() < 0.5:
            image = np.flip(image, axis)
    if random.random() >= 0.67:
        return np.ascontiguousarray(image)
    size = image.shape
    alpha, sigma = random.uniform(100, 350), random.uniform(14, 17)
    angle = random.uniform(0, 2 * np.pi)
    scale = random.uniform(0.7, 1) if random.random() < 0.5 else random.uniform(1, 1.3)
    grid = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    shift = [
        alpha
        * ndimage.gaussian_filter(random.uniform(-1, 1, size).astype(np.float32), sigma, mode="constant")
        for _ in size
    ]
    center = (np.array(size, np.float32) - 1)[:, None, None] / 2
    points = grid + shift - center
    turn = np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32
    ) * np.float32(scale)
    points = np.tensordot(turn, points, 1).astype(np.float32) + center
    return warp(np.ascontiguousarray(image), points)


def views(setting, threads, size):
    """The setting names the warp: SciPy's cubic spline, or OpenCV's faster bicubic. Superpixels: scikit-image."""
    from scipy import ndimage
    from skimage.segmentation import slic

    _, batch, _ = SUPERCL[size]
    stack = images(batch, size)[:, 0]
    if setting == "opencv-warp":
        import cv2

        cv2.setNumThreads(threads)
        warp = lambda image, points: cv2.remap(image, points[1], points[0], cv2.INTER_CUBIC)
    else:
        warp = lambda image, points: ndimage.map_coordinates(image, points, order=3, mode="constant")

    def make():
        random = np.random.default_rng(0)
        for image in stack:
            fixed = [fixed_view(image, random) for _ in range(2)]
            for view in fixed:
                varied_view(view, random, warp)
                # Grey to L* is times 100 here: compactness 10 of the reference is .1 on 0...1.
                slic(view, n_segments=100, compactness=0.1, max_num_iter=10, channel_axis=None, start_label=0)

    return make


for size in (128, 256):

    @case(f"unet {size}", (*LAYOUTS, "bf16"))
    def unet_case(setting, threads, size=size):
        return unet(setting, threads, size)


@case("small unet 128", LAYOUTS)
def small_unet_case(setting, threads):
    return unet(setting, threads, 128, width=16, batch=4, classes=11)


for size in SUPERCL:

    @case(f"supercl {size}", LAYOUTS)
    def supercl_case(setting, threads, size=size):
        return supercl(setting, threads, size)

    @case(f"views {size}", ("scikit-image", "opencv-warp"))
    def views_case(setting, threads, size=size):
        return views(setting, threads, size)


if __name__ == "__main__":
    main()
