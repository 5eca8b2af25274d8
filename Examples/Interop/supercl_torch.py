#!/usr/bin/env python3
"""SuperCL (arXiv 2504.14737) in PyTorch: the reference that the Swift library is compared with.

    supercl_torch.py --self-test              check values, parameter counts, gradients
    supercl_torch.py export DIR [options]     write weights, inputs, features and a step for the Swift side
    supercl_torch.py check DIR                load the Swift library's encoder and compare its features
    supercl_torch.py step DIR                 one SuperCL step: every loss term, every parameter's gradient

The exchange folder DIR holds (images channels-last [N, H, W, C], weights in PyTorch's order and names):

    encoder.safetensors    encoder.* and, if present, projector.*
    features.npz           input; bottleneck; optionally level0 ... level3, z (evaluation mode)
    step.npz               view1_fixed, view2_fixed, view1_varied, view2_varied, map1, map2 (at full resolution),
                           optionally positions; level, stride, asp_level as integers
    step_torch_float32.npz, step_torch_float64.npz   written by `step`
    step_ours_float32.npz, step_ours_float64.npz     the same keys, written by the Swift library; compared if there

Needs torch, numpy and safetensors.
"""

import argparse
import sys

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"supercl_torch.py: {missing.name} is not installed (pip install torch numpy safetensors)")

DEFAULT_WIDTHS = (32, 64, 128, 256, 512)
BOTTLENECK = 4


# ------------------------------------------------------------------------------------------------ network
class ConvBlock(nn.Module):
    """Twice: 3x3 convolution with bias, batch norm, leaky ReLU of slope 0.01."""

    def __init__(self, channels_in, channels_out):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(channels_out)

    def forward(self, x):
        x = F.leaky_relu(self.norm1(self.conv1(x)), 0.01, inplace=True)
        return F.leaky_relu(self.norm2(self.conv2(x)), 0.01, inplace=True)


class Center(nn.Module):
    """Twice: 3x3 convolution with bias, ReLU. No norm."""

    def __init__(self, channels_in, channels_out):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)

    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x), inplace=True)), inplace=True)


class UNetEncoder(nn.Module):
    """Four stages, each followed by 2x2 max-pooling, and a center at 1/16 of the size.

    forward returns five maps: level 0...3 (the stages' outputs, at 1, 1/2, 1/4, 1/8 of the size, before
    pooling) and level 4, the bottleneck.
    """

    def __init__(self, channels_in=1, widths=DEFAULT_WIDTHS):
        super().__init__()
        inputs = (channels_in, *widths[:3])
        self.stages = nn.ModuleList(ConvBlock(i, o) for i, o in zip(inputs, widths[:4]))
        self.center = Center(widths[3], widths[4])

    def forward(self, x):
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
            x = F.max_pool2d(x, 2)
        levels.append(self.center(x))
        return levels


class ProjectionHead(nn.Module):
    """Global average pooling, linear, ReLU, linear: the bottleneck to the embedding z."""

    def __init__(self, width=512, hidden=None, output=None):
        super().__init__()
        hidden, output = hidden or width, output or width
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, output)

    def forward(self, bottleneck):
        return self.fc2(F.relu(self.fc1(bottleneck.mean((2, 3)))))


class UNetDecoder(nn.Module):
    """Stage 0 is the deepest: transposed 2x2 convolution, [upsampled, skip] along channels, ConvBlock."""

    def __init__(self, widths=DEFAULT_WIDTHS):
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


class SuperCLNetwork(nn.Module):
    """Encoder and projector: what pre-training trains."""

    def __init__(self, channels_in=1, widths=DEFAULT_WIDTHS, hidden=None, output=None):
        super().__init__()
        self.encoder = UNetEncoder(channels_in, widths)
        self.projector = ProjectionHead(widths[4], hidden, output)


class UNet(nn.Module):
    """The segmentation network: encoder, decoder, 1x1 head without bias; logits [N, classes, H, W]."""

    def __init__(self, channels_in=1, classes=4, widths=DEFAULT_WIDTHS):
        super().__init__()
        self.encoder = UNetEncoder(channels_in, widths)
        self.decoder = UNetDecoder(widths)
        self.head = nn.Conv2d(widths[0], classes, 1, bias=False)

    def forward(self, x):
        return self.head(self.decoder(self.encoder(x)))


def initialize(module, slope=0.01):
    """Kaiming normal (fan in, leaky ReLU slope) for convolutions, zero biases; linear layers keep theirs."""
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(layer.weight, a=slope)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module


def parameter_count(module):
    return sum(p.numel() for p in module.parameters())


# ------------------------------------------------------------------------------------------------- losses
def supervised_contrastive(rows, positives, temperature=0.1, base_temperature=0.07):
    """The one form of all three losses: mean over the positives outside the logarithm.

    rows [M, D]; positives [M, M] Boolean, diagonal ignored. s_ij = cos(u_i, u_j) / T.
    loss = -(T / T0) mean_i 1/|P(i)| sum_{j in P(i)} (s_ij - log sum_{k != i} exp s_ik), over the anchors i
    that have a positive; without any the loss is 0. base_temperature None leaves out T / T0.
    """
    own = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    positives = positives & ~own
    unit = F.normalize(rows, dim=1)
    similarity = (unit @ unit.T / temperature).masked_fill(own, float("-inf"))
    log_probability = torch.log_softmax(similarity, 1)
    count = positives.sum(1)
    anchors = count > 0
    if not anchors.any():
        return rows.sum() * 0
    # where, not a product: -inf * 0 on the diagonal would be NaN.
    sums = torch.where(positives, log_probability, 0).sum(1)
    loss = -(sums[anchors] / count[anchors]).mean()
    return loss if base_temperature is None else loss * (temperature / base_temperature)


def supervised_contrastive_by_label(rows, labels, temperature=0.1, base_temperature=0.07):
    """The same value when the positives share a label: their sum comes from the sum of each label's rows.

    One M x M matrix instead of four. labels [M], non-negative integers.
    """
    unit = F.normalize(rows, dim=1)
    bins = int(labels.max()) + 1
    sums = torch.zeros(bins, rows.shape[1], dtype=rows.dtype).index_add(0, labels, unit)
    count = torch.bincount(labels, minlength=bins)[labels] - 1
    anchors = count > 0
    if not anchors.any():
        return rows.sum() * 0
    positive = ((unit * sums[labels]).sum(1) - (unit * unit).sum(1)) / temperature
    similarity = (unit / temperature) @ unit.T
    similarity = similarity.fill_diagonal_(float("-inf"))
    terms = torch.logsumexp(similarity, 1) - positive / count.clamp(min=1)
    loss = terms[anchors].mean()
    return loss if base_temperature is None else loss * (temperature / base_temperature)


def instance_positives(batch, positions=None, threshold=0.1):
    """Positives of L_ins for 2B rows: |p_i - p_j| < threshold, or the other view alone (NT-Xent)."""
    if positions is None:
        near = torch.eye(batch, dtype=torch.bool)
    else:
        near = (positions[:, None] - positions[None, :]).abs() < threshold
    return near.repeat(2, 2)


def downsample_labels(maps, size):
    """Nearest: label [r, c] of the small map is label [f r, f c] of the large one, f = H/h."""
    (height, width), (h, w) = maps.shape[-2:], size
    if height % h or width % w:
        raise ValueError(f"superpixel map {height}x{width} does not fit the feature map {h}x{w}")
    return maps[..., :: height // h, :: width // w]


def intra_image_loss(features1, features2, labels, stride=1, by_label=False, **temperatures):
    """ILCP: for each image the pixels of both views [C, h, w], positives share the superpixel of map 1.

    labels [B, h, w] at the feature resolution. stride keeps the flat indices 0, st, 2 st, ...
    """
    if features1.shape[-2:] != labels.shape[-2:]:
        raise ValueError(
            f"superpixel map {tuple(labels.shape[-2:])} and feature map "
            f"{tuple(features1.shape[-2:])} differ in size"
        )
    losses = []
    for map1, map2, label in zip(features1, features2, labels):
        rows = torch.cat([m.flatten(1).T[::stride] for m in (map1, map2)])
        label = label.flatten()[::stride].repeat(2)
        if by_label:
            losses.append(supervised_contrastive_by_label(rows, label, **temperatures))
        else:
            losses.append(supervised_contrastive(rows, label[:, None] == label[None, :], **temperatures))
    return torch.stack(losses).mean()


@torch.no_grad()
def average_superpixel_features(features, labels, over_region=False):
    """ASP: channel mean, its sum over each superpixel divided by all h w pixels, put back: [B, h w].

    over_region divides by the pixels of the superpixel instead (a named variant).
    """
    mean = features.mean(1).flatten(1)
    vectors = []
    for values, label in zip(mean, labels.flatten(1)):
        index = torch.unique(label, return_inverse=True)[1]
        bins = int(index.max()) + 1
        total = torch.zeros(bins, dtype=values.dtype).index_add(0, index, values)
        if over_region:
            total = total / torch.bincount(index, minlength=bins)
        else:
            total = total / values.numel()
        vectors.append(total[index])
    return torch.stack(vectors)


@torch.no_grad()
def nearest_neighbors(vectors):
    """The index of the largest cosine in each row, itself left out; ties go to the lowest index."""
    unit = F.normalize(vectors, dim=1)
    cosine = (unit @ unit.T).fill_diagonal_(float("-inf"))
    return [int((row == row.max()).nonzero()[0, 0]) for row in cosine]


def connected_components(neighbors):
    """Component of each node when node i has an undirected edge to neighbors[i]; the lowest member names it."""
    root = list(range(len(neighbors)))

    def find(i):
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for i, j in enumerate(neighbors):
        a, b = sorted((find(i), find(j)))
        root[b] = a
    return torch.tensor([find(i) for i in range(len(neighbors))])


def weak_positives(components):
    """W: same component; then image b of view 1 and of view 2 as a pair, without closing transitively."""
    weak = components[:, None] == components[None, :]
    half = torch.arange(len(components) // 2)
    weak[half, half + len(half)] = weak[half + len(half), half] = True
    return weak


class StepOptions:
    """What changes the value of a step; the defaults are the paper's or the released code's."""

    def __init__(
        self,
        level=BOTTLENECK,
        stride=1,
        asp_level=BOTTLENECK,
        temperature=0.1,
        base_temperature=0.07,
        position_threshold=0.1,
        weights=(1.0, 1.0, 0.5),
        by_label=False,
    ):
        self.level, self.stride, self.asp_level = level, stride, asp_level
        self.temperatures = dict(temperature=temperature, base_temperature=base_temperature)
        self.position_threshold, self.weights, self.by_label = position_threshold, weights, by_label


def supercl_loss(network, views, maps, positions=None, options=None):
    """One SuperCL step up to the loss: four forwards, each with its own batch-norm statistics, in order.

    views: I1, I2, V1, V2, each [B, C, H, W]; maps: superpixels of I1 and of I2, [B, H, W] integers.
    Returns a dictionary: loss, instance, intra, inter, and asp, neighbors, components, weak, z.
    """
    options = options or StepOptions()
    fixed = [network.encoder(view) for view in views[:2]]
    z = torch.cat([network.projector(network.encoder(view)[BOTTLENECK]) for view in views[2:]])
    batch = len(views[0])

    positives = instance_positives(batch, positions, options.position_threshold)
    instance = supervised_contrastive(z, positives, **options.temperatures)

    read = [levels[options.level] for levels in fixed]
    labels = downsample_labels(maps[0], read[0].shape[-2:])
    intra = intra_image_loss(*read, labels, options.stride, options.by_label, **options.temperatures)

    asp = torch.cat(
        [
            average_superpixel_features(
                levels[options.asp_level], downsample_labels(own, levels[options.asp_level].shape[-2:])
            )
            for levels, own in zip(fixed, maps)
        ]
    )
    neighbors = nearest_neighbors(asp)
    components = connected_components(neighbors)
    weak = weak_positives(components)
    inter = supervised_contrastive(z, weak, **options.temperatures)

    terms = (instance, intra, inter)
    loss = sum(weight * term for weight, term in zip(options.weights, terms))
    return dict(
        loss=loss,
        instance=instance,
        intra=intra,
        inter=inter,
        asp=asp,
        neighbors=neighbors,
        components=components,
        weak=weak,
        z=z,
    )


# ------------------------------------------------------------------------------------------------- command line
class Arguments(argparse.ArgumentParser):
    """argparse with the exit code of the other examples, 64."""

    def error(self, message):
        print(f"supercl_torch.py: {message} (--help says more)", file=sys.stderr)
        sys.exit(64)


def main():
    parser = Arguments(description="SuperCL in PyTorch, and the exchange with the Swift library.")
    parser.add_argument("--self-test", action="store_true", help="check values, counts, gradients")
    commands = parser.add_subparsers(dest="command")
    export = commands.add_parser("export", help="write weights, inputs, features and a step")
    export.add_argument("--width", type=int, default=8, help="channels of the first stage (default 8)")
    export.add_argument("--channels", type=int, default=1, help="input channels (default 1)")
    export.add_argument(
        "--size", type=int, default=64, help="height and width, a multiple of 16 (default 64)"
    )
    export.add_argument("--batch", type=int, default=4, help="images (default 4)")
    export.add_argument(
        "--level", type=int, default=BOTTLENECK, choices=range(5), help="feature level of ILCP"
    )
    export.add_argument("--seed", type=int, default=1234)
    check = commands.add_parser("check", help="load the Swift library's encoder, compare its features")
    check.add_argument(
        "--features", default="features.npz", metavar="FILE", help="file in DIR (features.npz)"
    )
    step = commands.add_parser("step", help="one SuperCL step, compared with the Swift library's if stored")
    for command in (export, check, step):
        command.add_argument("directory", metavar="DIR")
    arguments = parser.parse_args()
    # Imported here: both modules use this one.
    import exchange
    from self_test import self_test

    if arguments.self_test:
        return self_test()
    if not arguments.command:
        parser.print_help(sys.stderr)
        return 64
    if arguments.command == "export" and (arguments.size % 16 or arguments.size < 16):
        exchange.fail(f"--size {arguments.size} is not a multiple of 16", 64)
    run = getattr(exchange, f"command_{arguments.command}")
    try:
        return run(arguments) or 0
    except OSError as error:
        exchange.fail(f"{error.filename or arguments.directory}: {error.strerror}", 66)


if __name__ == "__main__":
    sys.exit(main())
