#!/usr/bin/env python3
"""The layers between the convolutions in PyTorch, forward and backward. Its rows stand in rows/layers.py."""
import sys

from peerlib import case, main

try:
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"bench_layers.py: {missing.name} is not installed")

# Side and channels of the feature maps of a 32...512 U-Net at 128 and 256 pixels.
LEVELS = ((128, 32), (64, 64), (32, 128), (16, 256), (256, 32), (128, 64))
SETTINGS = ("channels-last", "default", "compile")


def features(size, channels, setting):
    layout = torch.contiguous_format if setting == "default" else torch.channels_last
    return torch.randn(8, channels, size, size).to(memory_format=layout)


def compiled(function, setting):
    return torch.compile(function) if setting == "compile" else function


for size, channels in LEVELS:

    @case(f"batch norm + leaky ReLU {channels} at {size}", settings=SETTINGS)
    def batch_norm(setting, threads, size=size, channels=channels):
        x = features(size, channels, setting).requires_grad_()
        weight = torch.ones(channels, requires_grad=True)
        bias = torch.zeros(channels, requires_grad=True)
        cotangent = features(size, channels, setting)
        # No running statistics: our side leaves them out too.
        layer = compiled(
            lambda x, w, b: F.leaky_relu(F.batch_norm(x, None, None, w, b, True), 0.01, inplace=True), setting)

        def repeat():
            x.grad = weight.grad = bias.grad = None
            layer(x, weight, bias).backward(cotangent)

        return repeat

    @case(f"max-pool {channels} at {size}", settings=SETTINGS)
    def max_pool(setting, threads, size=size, channels=channels):
        x = features(size, channels, setting).requires_grad_()
        cotangent = features(size // 2, channels, setting)
        layer = compiled(lambda x: F.max_pool2d(x, 2), setting)

        def repeat():
            x.grad = None
            layer(x).backward(cotangent)

        return repeat


if __name__ == "__main__":
    main()
