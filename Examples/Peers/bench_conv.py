#!/usr/bin/env python3
"""Convolutions of a U-Net in PyTorch, in both memory layouts: forward, data gradient, weight gradient apart."""

import sys

from peerlib import case, main

try:
    import torch
except ImportError as missing:
    sys.exit(f"bench_conv.py: {missing.name} is not installed")

from rows.conv import BATCH, LAYOUTS, convolutions, upsamplings

FORMATS = {"channels-last": torch.channels_last, "default": torch.contiguous_format}


def tensors(setting, *shapes):
    return [torch.randn(shape).to(memory_format=FORMATS[setting]) for shape in shapes]


def backward(gradient, x, weight, bias_sizes, stride, padding, transposed, mask):
    """Only the gradients in the mask (input, weight, bias) are computed."""
    return torch.ops.aten.convolution_backward(
        gradient, x, weight, bias_sizes, [stride] * 2, [padding] * 2, [1, 1], transposed, [0, 0], 1, mask
    )


def declare_convolution(inputs, outputs, size):
    name = f"{inputs}->{outputs} at {size}"
    image, result, kernel = (BATCH, inputs, size, size), (BATCH, outputs, size, size), (outputs, inputs, 3, 3)

    @case(f"forward {name}", settings=LAYOUTS)
    def forward(setting, threads):
        torch.set_num_threads(threads)
        x, weight = tensors(setting, image, kernel)

        def body():
            with torch.no_grad():
                torch.nn.functional.conv2d(x, weight, padding=1)

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

if __name__ == "__main__":
    main()
