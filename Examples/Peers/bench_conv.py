#!/usr/bin/env python3
"""Convolutions of U-Nets in PyTorch, in both memory layouts: forward, data gradient, weight gradient apart."""

import sys

from peerlib import case, main

try:
    import torch
except ImportError as missing:
    sys.exit(f"bench_conv.py: {missing.name} is not installed")

from rows.conv import BATCH, LAYOUTS, VOLUMES, convolutions, upsamplings, volumetric

# By the number of axes of an image or a volume.
CHANNELS_LAST = {2: torch.channels_last, 3: torch.channels_last_3d}


def tensors(setting, *shapes):
    return [
        torch.randn(shape).to(
            memory_format=CHANNELS_LAST[len(shape) - 2] if setting == "channels-last" else torch.contiguous_format
        )
        for shape in shapes
    ]


def backward(gradient, x, weight, bias_sizes, stride, padding, transposed, mask):
    """Only the gradients in the mask (input, weight, bias) are computed."""
    axes = x.ndim - 2
    return torch.ops.aten.convolution_backward(
        gradient, x, weight, bias_sizes, [stride] * axes, [padding] * axes, [1] * axes, transposed, [0] * axes, 1, mask
    )


def declare_convolution(inputs, outputs, size, axes=2):
    name = f"{'3x3x3 ' if axes == 3 else ''}{inputs}->{outputs} at {size}"
    batch, sizes = (BATCH if axes == 2 else VOLUMES), (size,) * axes
    image, result, kernel = (batch, inputs, *sizes), (batch, outputs, *sizes), (outputs, inputs, *(3,) * axes)
    convolve = torch.nn.functional.conv2d if axes == 2 else torch.nn.functional.conv3d

    @case(f"forward {name}", settings=LAYOUTS)
    def forward(setting, threads):
        torch.set_num_threads(threads)
        x, weight = tensors(setting, image, kernel)

        def body():
            with torch.no_grad():
                convolve(x, weight, padding=1)

        return body

    def gradient(mask):
        def prepare(setting, threads):
            torch.set_num_threads(threads)
            x, weight, dy = tensors(setting, image, kernel, result)

            def body():
                with torch.no_grad():
                    backward(dy, x, weight, None, 1, 1, False, mask)

            return body

        return prepare

    if inputs > 1:
        case(f"data gradient {name}", settings=LAYOUTS)(gradient([True, False, False]))
    case(f"weight gradient {name}", settings=LAYOUTS)(gradient([False, True, False]))


def declare_upsampling(inputs, outputs, size):
    @case(f"transposed 2x2 {inputs}->{outputs} at {size}", settings=LAYOUTS)
    def transposed(setting, threads):
        torch.set_num_threads(threads)
        x, weight, dy = tensors(
            setting, (BATCH, inputs, size // 2, size // 2), (inputs, outputs, 2, 2), (BATCH, outputs, size, size)
        )
        bias = torch.randn(outputs)

        def body():
            with torch.no_grad():
                torch.nn.functional.conv_transpose2d(x, weight, bias, stride=2)
                backward(dy, x, weight, [outputs], 2, 0, True, [True, True, True])

        return body


for layer in convolutions():
    declare_convolution(*layer)
for layer in upsamplings():
    declare_upsampling(*layer)
for layer in volumetric():
    declare_convolution(*layer, axes=3)

if __name__ == "__main__":
    main()
