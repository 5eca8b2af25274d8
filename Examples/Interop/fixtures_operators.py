"""Fixtures of layers and operators: inputs, outputs, and gradients for a random upstream gradient."""

import numpy as np
import torch
import torch.nn.functional as F

from fixture_files import as_array, generator, last, normal, save


def case(arrays, name, function, inputs, source, layout=("input",)):
    """Runs function on the named inputs; stores inputs, output, an upstream gradient and every gradient."""
    leaves = {key: value.clone().requires_grad_() for key, value in inputs.items()}
    output = function(**leaves)
    upstream = normal(output.shape, source)
    output.backward(upstream)
    place = lambda key, value: last(value) if key in layout else as_array(value)
    for key, leaf in leaves.items():
        arrays[f"{name}.{key}"] = place(key, leaf.detach())
        arrays[f"{name}.gradient.{key}"] = place(key, leaf.grad)
    arrays[f"{name}.output"], arrays[f"{name}.upstream"] = last(output.detach()), last(upstream)


def layer_fixtures(root):
    source, arrays = generator(3), {}
    draw = lambda *shape: normal(shape, source)
    affine = lambda c: dict(weight=1 + 0.3 * draw(c), bias=draw(c))
    exact = lambda values: {key: value.float().double() for key, value in values.items()}

    mean, variance = draw(4), 0.5 + draw(4).abs()
    arrays["batchNorm.runningMean.before"], arrays["batchNorm.runningVariance.before"] = mean, variance
    running = mean.clone(), variance.clone()
    inputs = exact(dict(input=2 * draw(3, 4, 3, 5) + 1, **affine(4)))
    case(
        arrays,
        "batchNorm.eval",
        lambda input, weight, bias: F.batch_norm(input, *running, weight, bias, False),
        inputs,
        source,
    )
    case(
        arrays,
        "batchNorm.train",
        lambda input, weight, bias: F.batch_norm(input, *running, weight, bias, True, 0.1),
        inputs,
        source,
    )
    arrays["batchNorm.runningMean.after"], arrays["batchNorm.runningVariance.after"] = (
        r.clone() for r in running
    )
    F.batch_norm(
        exact(dict(x=draw(3, 4, 3, 5)))["x"] * 0 + inputs["input"] * 0.5, *running, None, None, True, 0.1
    )
    arrays["batchNorm.runningMean.afterHalf"], arrays["batchNorm.runningVariance.afterHalf"] = running
    case(
        arrays,
        "batchNormLeakyReLU.train",
        lambda input, weight, bias: F.leaky_relu(F.batch_norm(input, None, None, weight, bias, True), 0.01),
        inputs,
        source,
    )
    case(
        arrays,
        "batchNorm3D.train",
        lambda input, weight, bias: F.batch_norm(input, None, None, weight, bias, True),
        exact(dict(input=draw(2, 3, 2, 3, 4), **affine(3))),
        source,
    )
    case(
        arrays,
        "instanceNorm",
        lambda input, weight, bias: F.instance_norm(input, weight=weight, bias=bias),
        inputs,
        source,
    )
    case(
        arrays,
        "groupNorm.groups2",
        lambda input, weight, bias: F.group_norm(input, 2, weight, bias),
        inputs,
        source,
    )
    case(
        arrays,
        "groupNorm.groups1",
        lambda input, weight, bias: F.group_norm(input, 1, weight, bias),
        inputs,
        source,
    )
    case(
        arrays,
        "groupNorm.groups4",
        lambda input, weight, bias: F.group_norm(input, 4, weight, bias),
        inputs,
        source,
    )
    case(
        arrays,
        "layerNorm",
        lambda input, weight, bias: F.layer_norm(input, (4,), weight, bias),
        exact(dict(input=draw(3, 5, 4), **affine(4))),
        source,
        layout=(),
    )
    arrays["layerNorm.output"] = as_array(
        F.layer_norm(
            *(
                torch.from_numpy(arrays["layerNorm.input"]),
                (4,),
                torch.from_numpy(arrays["layerNorm.weight"]),
                torch.from_numpy(arrays["layerNorm.bias"]),
            )
        )
    )
    arrays["layerNorm.upstream"] = np.moveaxis(arrays["layerNorm.upstream"], -1, 1)
    points = torch.linspace(-4, 4, 33, dtype=torch.float64)
    for name, function in {
        "gelu.exact": F.gelu,
        "gelu.tanh": lambda input: F.gelu(input, approximate="tanh"),
        "leakyReLU.0_01": lambda input: F.leaky_relu(input, 0.01),
        "leakyReLU.0_2": lambda input: F.leaky_relu(input, 0.2),
        "relu": F.relu,
        "sigmoid": torch.sigmoid,
        "softplus": F.softplus,
        "silu": F.silu,
        "elu": F.elu,
    }.items():
        case(arrays, name, function, dict(input=points), source)
    case(arrays, "linear", F.linear, exact(dict(input=draw(5, 7), weight=draw(3, 7), bias=draw(3))), source)
    save(
        root,
        "NNTests",
        "layers.npz",
        arrays,
        "keys `CASE.input`, `.weight`, `.bias`, `.output`, `.upstream` (gradient of the output), "
        "`.gradient.input`, `.gradient.weight`, `.gradient.bias`. `batchNorm.eval` and `.train` (input "
        "[3, 3, 5, 4], eps 1e-5), with `batchNorm.runningMean.before`, `.after` (momentum .1, unbiased variance) "
        "and `.afterHalf` (after a second forward on half the input), runningVariance likewise; "
        "`batchNormLeakyReLU.train` (slope .01), `batchNorm3D.train` [N, D, H, W, C], `instanceNorm`, "
        "`groupNorm.groups1`, `2`, `4`, `layerNorm` (last axis, [3, 5, 4]), `gelu.exact`, `gelu.tanh`, "
        "`leakyReLU.0_01`, `leakyReLU.0_2`, `relu`, `sigmoid`, `softplus`, `silu`, `elu` (33 points), `linear` "
        "(weight [3, 7])",
    )


def operator_fixtures(root):
    source, arrays = generator(4), {}
    draw = lambda *shape: normal(shape, source)

    def convolve(name, shape, weight, function=F.conv2d, outputs=None, **options):
        inputs = dict(input=draw(*shape), weight=draw(*weight), bias=draw(outputs or weight[0]))
        case(
            arrays, name, lambda input, weight, bias: function(input, weight, bias, **options), inputs, source
        )

    convolve("conv2D.3x3", (2, 3, 6, 7), (4, 3, 3, 3), padding=1)
    convolve("conv2D.3x3valid", (2, 3, 6, 7), (4, 3, 3, 3))
    convolve("conv2D.3x3stride2", (2, 3, 6, 7), (4, 3, 3, 3), padding=1, stride=2)
    convolve("conv2D.3x3dilation2", (2, 3, 6, 7), (4, 3, 3, 3), padding=2, dilation=2)
    convolve("conv2D.1x1", (2, 3, 5, 4), (5, 3, 1, 1))
    convolve("conv2D.1x1stride2", (2, 3, 5, 4), (5, 3, 1, 1), stride=2)
    convolve("conv2D.5x3", (1, 2, 7, 6), (3, 2, 5, 3), padding=(2, 1))
    convolve("conv2D.wide", (1, 16, 9, 10), (17, 16, 3, 3), padding=1)
    convolve("conv2D.onePixel", (2, 3, 1, 1), (4, 3, 3, 3), padding=1)
    convolve("convTranspose2D.2x2stride2", (2, 4, 3, 5), (4, 3, 2, 2), F.conv_transpose2d, 3, stride=2)
    convolve(
        "convTranspose2D.3x3stride2",
        (2, 4, 3, 5),
        (4, 3, 3, 3),
        F.conv_transpose2d,
        3,
        stride=2,
        padding=1,
        output_padding=1,
    )
    convolve("conv3D.3x3x3", (2, 2, 3, 4, 5), (3, 2, 3, 3, 3), F.conv3d, padding=1)
    convolve("conv3D.3x3x3stride2", (1, 2, 5, 4, 5), (3, 2, 3, 3, 3), F.conv3d, padding=1, stride=2)
    convolve("conv3D.1x3x3", (1, 2, 3, 4, 5), (3, 2, 1, 3, 3), F.conv3d, padding=(0, 1, 1))
    convolve(
        "convTranspose3D.2x2x2stride2", (1, 3, 2, 3, 4), (3, 2, 2, 2, 2), F.conv_transpose3d, 2, stride=2
    )

    save(
        root,
        "AutogradTests",
        "convolutions.npz",
        arrays,
        "keys as in NNTests/Fixtures/layers.npz: `CASE.input`, `.weight`, `.bias`, `.output`, `.upstream`, "
        "`.gradient.*`. `conv2D.` 3x3 (padding 1), 3x3valid, 3x3stride2 (padding 1), 3x3dilation2 (padding 2), "
        "1x1, 1x1stride2, 5x3 (padding 2, 1), wide (16 -> 17 channels, 3x3, padding 1), onePixel (1x1 image); "
        "`convTranspose2D.2x2stride2`, `.3x3stride2` (padding 1, output padding 1); `conv3D.3x3x3` (padding 1), "
        "`3x3x3stride2`, `1x3x3` (padding 0, 1, 1); `convTranspose3D.2x2x2stride2`",
    )
    arrays = {}

    image, volume = lambda: dict(input=draw(2, 3, 5, 7)), lambda: dict(input=draw(1, 2, 4, 5, 6))
    for name, function in {
        "maxPool2D.2": lambda input: F.max_pool2d(input, 2),
        "maxPool2D.3stride2padding1": lambda input: F.max_pool2d(input, 3, 2, 1),
        "averagePool2D.2": lambda input: F.avg_pool2d(input, 2),
        "globalAveragePool2D": lambda input: input.mean((2, 3)),
        "resize2D.nearest.double": lambda input: F.interpolate(input, scale_factor=2, mode="nearest"),
        "resize2D.nearest.to8x9": lambda input: F.interpolate(input, (8, 9), mode="nearest"),
        "resize2D.nearestExact.to8x9": lambda input: F.interpolate(input, (8, 9), mode="nearest-exact"),
        "resize2D.nearest.to3x4": lambda input: F.interpolate(input, (3, 4), mode="nearest"),
        "resize2D.bilinear.halfPixel.double": lambda input: F.interpolate(
            input, scale_factor=2, mode="bilinear"
        ),
        "resize2D.bilinear.halfPixel.to8x9": lambda input: F.interpolate(input, (8, 9), mode="bilinear"),
        "resize2D.bilinear.halfPixel.to3x4": lambda input: F.interpolate(input, (3, 4), mode="bilinear"),
        "resize2D.bilinear.alignCorners.double": lambda input: F.interpolate(
            input, (10, 14), mode="bilinear", align_corners=True
        ),
        "resize2D.bilinear.alignCorners.to3x4": lambda input: F.interpolate(
            input, (3, 4), mode="bilinear", align_corners=True
        ),
        "pad2D.reflect": lambda input: F.pad(input, (1, 2, 2, 1), mode="reflect"),
        "pad2D.replicate": lambda input: F.pad(input, (1, 2, 2, 1), mode="replicate"),
    }.items():
        case(arrays, name, function, image(), source)
    for name, function in {
        "maxPool3D.2": lambda input: F.max_pool3d(input, 2),
        "resize3D.nearest.double": lambda input: F.interpolate(input, scale_factor=2, mode="nearest"),
        "resize3D.trilinear.halfPixel.to6x4x9": lambda input: F.interpolate(
            input, (6, 4, 9), mode="trilinear"
        ),
        "resize3D.trilinear.alignCorners.to6x4x9": lambda input: F.interpolate(
            input, (6, 4, 9), mode="trilinear", align_corners=True
        ),
    }.items():
        case(arrays, name, function, volume(), source)
    for name, function in {
        "softmax": lambda input: input.softmax(1),
        "logSoftmax": lambda input: input.log_softmax(1),
        "logSumExp": lambda input: input.logsumexp(1),
        "normalize": lambda input: F.normalize(input, dim=1),
        "variance.unbiased": lambda input: input.var(1),
        "variance.population": lambda input: input.var(1, correction=0),
        "cumulativeSum": lambda input: input.cumsum(1),
    }.items():
        case(arrays, name, function, dict(input=draw(4, 6)), source)
    case(
        arrays,
        "matmul",
        lambda input, weight: input @ weight,
        dict(input=draw(4, 5), weight=draw(5, 3)),
        source,
    )
    case(
        arrays,
        "batchedMatmul",
        lambda input, weight: input @ weight,
        dict(input=draw(2, 4, 5), weight=draw(2, 5, 3)),
        source,
        layout=(),
    )
    for key in ("output", "upstream"):  # not an image: back to the order of the product
        arrays[f"batchedMatmul.{key}"] = np.moveaxis(arrays[f"batchedMatmul.{key}"], -1, 1)
    rows, columns = torch.meshgrid(torch.linspace(-0.8, 5.3, 4), torch.linspace(-1.2, 7.6, 5), indexing="ij")
    coordinates = (
        torch.stack([rows + 0.13 * columns, columns - 0.21 * rows], -1)[None].repeat(2, 1, 1, 1).double()
    )
    size = torch.tensor([5.0, 7.0], dtype=torch.float64)
    for name, padding in (("zeros", "zeros"), ("border", "border"), ("reflection", "reflection")):

        def sample(input, padding=padding):
            grid = (
                2 * coordinates + 1
            ) / size - 1  # pixel centers, align_corners false; PyTorch wants (x, y)
            return F.grid_sample(
                input, grid.flip(-1), mode="bilinear", padding_mode=padding, align_corners=False
            )

        case(arrays, f"warp2D.bilinear.{name}", sample, image(), source)
    arrays["warp2D.coordinates"] = coordinates
    save(
        root,
        "AutogradTests",
        "operators.npz",
        arrays,
        "keys as above. `maxPool2D.2`, "
        "`.3stride2padding1`, `averagePool2D.2`, `globalAveragePool2D`, `maxPool3D.2`; `resize2D.` nearest, "
        "nearestExact, bilinear.halfPixel (align_corners false, no antialiasing), bilinear.alignCorners; "
        "`resize3D.*`; `pad2D.reflect`, `.replicate` (rows 2 before, 1 after; columns 1 before, 2 after); "
        "`softmax`, `logSoftmax`, `logSumExp`, `normalize` (L2), `variance.*`, `cumulativeSum` along axis 1 of "
        "[4, 6]; `matmul`, `batchedMatmul`; `warp2D.bilinear.` zeros, border, reflection (about the outer pixel edges) at "
        "`warp2D.coordinates` [2, 4, 5, (row, column)] in pixels, 0 being the center of the first",
    )
