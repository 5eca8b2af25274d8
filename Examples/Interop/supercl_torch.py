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
import os
import sys

try:
    import numpy as np
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"supercl_torch.py: {missing.name} is not installed (pip install torch numpy safetensors)")

DEFAULT_WIDTHS = (32, 64, 128, 256, 512)
VIEWS = ("view1_fixed", "view2_fixed", "view1_varied", "view2_varied")
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
        raise ValueError(f"superpixel map {tuple(labels.shape[-2:])} and feature map "
                         f"{tuple(features1.shape[-2:])} differ in size")
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

    def __init__(self, level=BOTTLENECK, stride=1, asp_level=BOTTLENECK, temperature=0.1, base_temperature=0.07,
                 position_threshold=0.1, weights=(1.0, 1.0, 0.5), by_label=False):
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

    asp = torch.cat([
        average_superpixel_features(levels[options.asp_level],
                                    downsample_labels(own, levels[options.asp_level].shape[-2:]))
        for levels, own in zip(fixed, maps)])
    neighbors = nearest_neighbors(asp)
    components = connected_components(neighbors)
    weak = weak_positives(components)
    inter = supervised_contrastive(z, weak, **options.temperatures)

    terms = (instance, intra, inter)
    loss = sum(weight * term for weight, term in zip(options.weights, terms))
    return dict(loss=loss, instance=instance, intra=intra, inter=inter, asp=asp, neighbors=neighbors,
                components=components, weak=weak, z=z)


# --------------------------------------------------------------------------------------------- exchange
def fail(message, code=65):
    print(f"supercl_torch.py: {message}", file=sys.stderr)
    sys.exit(code)


def read_safetensors(path):
    try:
        from safetensors.torch import load_file
    except ImportError:
        fail("safetensors is not installed (pip install safetensors)", 69)
    try:
        return load_file(path)
    except FileNotFoundError:
        fail(f"{path}: no such file", 66)
    except Exception as error:  # the library raises its own types for each kind of damage
        fail(f"{path}: {error}")


def write_safetensors(path, module):
    try:
        from safetensors.torch import save_file
    except ImportError:
        fail("safetensors is not installed (pip install safetensors)", 69)
    save_file({name: tensor.contiguous() for name, tensor in module.state_dict().items()}, path)
    os.chmod(path, 0o644)  # the library writes for the owner alone


def read_npz(path):
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        fail(f"{path}: no such file", 66)
    except Exception as error:
        fail(f"{path}: not a readable npz file: {error}")


def need(arrays, key, path):
    if key not in arrays:
        fail(f"{path}: no array named {key}; it has {', '.join(sorted(arrays))}")
    return arrays[key]


def to_nchw(array, dtype):
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1))).to(dtype)


def to_nhwc(tensor):
    return np.ascontiguousarray(np.moveaxis(tensor.detach().numpy(), 1, -1))


def network_for(state, path):
    """A network whose shape follows the stored weights: encoder alone, or encoder and projector."""
    names = [f"encoder.stages.{i}.conv2.weight" for i in range(4)] + ["encoder.center.conv2.weight"]
    for name in [*names, "encoder.stages.0.conv1.weight"]:
        if name not in state:
            fail(f"{path}: no tensor named {name}")
    widths = tuple(state[name].shape[0] for name in names)
    channels_in = state["encoder.stages.0.conv1.weight"].shape[1]
    if any(name.startswith("projector.") for name in state):
        hidden, output = (state[f"projector.fc{i}.weight"].shape[0] for i in (1, 2))
        network = SuperCLNetwork(channels_in, widths, hidden, output)
    else:
        network = nn.Module()
        network.encoder = UNetEncoder(channels_in, widths)
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        fail(f"{path}: load_state_dict(strict=True) refuses it: {error}")
    return network


def all_features(network, images):
    """level0 ... level3, bottleneck as [N, h, w, C] and z [N, D], in the mode the network is in."""
    levels = network.encoder(images)
    result = {f"level{i}": to_nhwc(level) for i, level in enumerate(levels[:4])}
    result["bottleneck"] = to_nhwc(levels[BOTTLENECK])
    if hasattr(network, "projector"):
        result["z"] = network.projector(levels[BOTTLENECK]).detach().numpy()
    return result


def step_values(network, inputs, dtype, path="step.npz"):
    """The step of a step.npz in the given type: scalars, ASP, CCL, W and `gradient.NAME` of each parameter."""
    network = network.to(dtype).train()
    views = [to_nchw(need(inputs, name, path), dtype) for name in VIEWS]
    maps = [torch.from_numpy(need(inputs, name, path).astype(np.int64)) for name in ("map1", "map2")]
    positions = torch.from_numpy(inputs["positions"]).to(dtype) if "positions" in inputs else None
    options = StepOptions(*(int(inputs.get(key, default)) for key, default in
                            (("level", BOTTLENECK), ("stride", 1), ("asp_level", BOTTLENECK))))
    network.zero_grad(set_to_none=True)
    result = supercl_loss(network, views, maps, positions, options)
    result["loss"].backward()
    values = {key: np.asarray(result[key].detach()) for key in ("loss", "instance", "intra", "inter", "asp", "z")}
    values["neighbors"] = np.asarray(result["neighbors"], dtype=np.int32)
    values["components"] = result["components"].numpy().astype(np.int32)
    values["weak"] = result["weak"].numpy().astype(np.uint8)
    for name, parameter in network.named_parameters():
        values[f"gradient.{name}"] = parameter.grad.numpy()
    for name, buffer in network.named_buffers():
        if not name.endswith("num_batches_tracked"):
            values[f"buffer.{name}"] = buffer.numpy()
    return values


def example_step(batch, height, width, channels, seed, segments=4):
    """Views whose statistics differ, and block maps with irregular borders: inputs for a step."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    images = np.stack([
        np.stack([np.sin(rows / (4 + b + c) + b) + np.cos(columns / (3 + 2 * b + c)) for c in range(channels)], -1)
        for b in range(batch)])
    images = images + 0.3 * rng.normal(size=images.shape)
    view = lambda image: image.astype(np.float32)
    inputs = {
        "view1_fixed": view(images),
        "view2_fixed": view(0.8 * images + 0.2 + 0.1 * rng.normal(size=images.shape)),
        "view1_varied": view(images[:, :, ::-1] * 1.1 + 0.1 * rng.normal(size=images.shape)),
        "view2_varied": view(np.roll(images, (height // 8, width // 4), (1, 2)) + 0.1 * rng.normal(size=images.shape)),
    }
    for index in (1, 2):
        labels = []
        for b in range(batch):
            shift = 1.5 * np.sin(columns / 5 + b + index), 1.5 * np.cos(rows / 7 - b * index)
            r = np.clip((rows + shift[0]) * segments // height, 0, segments - 1)
            c = np.clip((columns + shift[1]) * segments // width, 0, segments - 1)
            labels.append(r * segments + c)
        inputs[f"map{index}"] = np.stack(labels).astype(np.int32)
    return inputs


# --------------------------------------------------------------------------------------------- commands
def kink_error(network, inputs):
    """Worst relative L2 between this step's gradients in Float and in Double, PyTorch on both sides.

    Where an activation lies within rounding of leaky ReLU's zero, or two pixels tie in a max-pool, the gradient
    jumps, and no two correct implementations agree in Float. Such inputs compare nothing.
    """
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    single = step_values(network, inputs, torch.float32)
    network.load_state_dict(state)
    double = step_values(network, inputs, torch.float64)
    network.float().load_state_dict(state)
    network.zero_grad(set_to_none=True)
    return max(float(np.linalg.norm(single[name] - exact) / np.linalg.norm(exact))
               for name, exact in double.items()
               if name.startswith("gradient.") and not bias_before_norm(name))


def command_export(arguments):
    """Writes encoder.safetensors, features.npz and step.npz for the Swift library to load.

    Takes the first of ten seeds whose step is free of kinks (kink_error below 2e-5), else the best of them.
    """
    os.makedirs(arguments.directory, exist_ok=True)
    path = lambda name: os.path.join(arguments.directory, name)
    best = None
    for seed in range(arguments.seed, arguments.seed + 10):
        torch.manual_seed(seed)
        network = initialize(SuperCLNetwork(arguments.channels, tuple(arguments.width << i for i in range(5))))
        images = example_step(arguments.batch, arguments.size, arguments.size, arguments.channels, seed)
        with torch.no_grad():  # running statistics that matter
            network.train().encoder(to_nchw(images["view1_fixed"], torch.float32))
        images.update(positions=np.linspace(0.05, 0.5, arguments.batch), level=np.int64(arguments.level),
                      stride=np.int64(1), asp_level=np.int64(BOTTLENECK))
        error = kink_error(network, images)
        if best is None or error < best[0]:
            best = error, seed, network, images
        if error < 2e-5:
            break
    error, seed, network, images = best
    with torch.no_grad():
        features = all_features(network.eval(), to_nchw(images["view1_fixed"], torch.float32))
    write_safetensors(path("encoder.safetensors"), network)
    np.savez(path("features.npz"), input=images["view1_fixed"], **features)
    np.savez(path("step.npz"), **images)
    print(f"wrote encoder.safetensors, features.npz, step.npz to {arguments.directory}: "
          f"{parameter_count(network)} parameters, seed {seed}, PyTorch's own gradients in Float are off by {error:.1e}")
    if error > 1e-4:
        print("  these gradients cross kinks: compare the step in Double, or export a smaller one")


def command_check(arguments):
    """Loads encoder.safetensors with strict=True and compares the features stored beside it to 1e-4."""
    path = os.path.join(arguments.directory, "encoder.safetensors")
    network = network_for(read_safetensors(path), path).eval()
    count = parameter_count(network)
    print(f"strict load: {path}: {len(network.state_dict())} tensors, {count} parameters")
    archive = os.path.join(arguments.directory, arguments.features)
    stored = read_npz(archive)
    with torch.no_grad():
        features = all_features(network, to_nchw(need(stored, "input", archive), torch.float32))
    compared = [name for name in features if name in stored]
    if "bottleneck" not in compared:
        fail(f"{archive}: no array named bottleneck")
    good = True
    for name in compared:
        if stored[name].shape != features[name].shape:
            fail(f"{archive}: {name} has shape {stored[name].shape}, expected {features[name].shape}")
        worst = float(np.abs(stored[name] - features[name]).max())
        good &= worst <= 1e-4
        print(f"{'ok  ' if worst <= 1e-4 else 'FAIL'} {name} {features[name].shape} largest difference {worst:.2e}")
    return 0 if good else 1


def bias_before_norm(name):
    """The batch norm behind it removes this bias: its true gradient is 0, and what is computed is rounding."""
    return ".stages." in name and (name.endswith("conv1.bias") or name.endswith("conv2.bias"))


def compare_step(ours, reference, double):
    """Loss terms to 1e-4 (Double 1e-8); gradients to 1e-4 relative L2, biases before a norm absolutely."""
    good = True

    def row(name, error, limit):
        nonlocal good
        good &= error <= limit
        if error > limit or not name.startswith("gradient."):
            print(f"{'ok  ' if error <= limit else 'FAIL'} {name}: {error:.2e} (limit {limit:.0e})")

    for name in ("loss", "instance", "intra", "inter"):
        row(name, abs(float(ours[name]) - float(reference[name])), 1e-8 if double else 1e-4)
    gradients = [name for name in reference if name.startswith("gradient.")]
    missing = [name for name in gradients if name not in ours]
    if missing:
        print(f"FAIL no {', '.join(missing)}")
        return False
    worst = 0.0
    for name in gradients:
        if ours[name].shape != reference[name].shape:
            print(f"FAIL {name}: shape {ours[name].shape}, expected {reference[name].shape}")
            return False
        difference = float(np.linalg.norm(ours[name] - reference[name]))
        if bias_before_norm(name):
            scale = float(np.linalg.norm(reference[name[: -len("bias")] + "weight"]))
            row(name, difference / scale, 1e-6)
        else:
            relative = difference / float(np.linalg.norm(reference[name]))
            worst = max(worst, relative)
            row(name, relative, 1e-4)
    print(f"{len(gradients)} gradients, worst relative L2 {worst:.2e}")
    return good


def command_step(arguments):
    """One step in Float and Double from encoder.safetensors and step.npz; compares the Swift library's."""
    join = lambda name: os.path.join(arguments.directory, name)
    state = read_safetensors(join("encoder.safetensors"))
    inputs = read_npz(join("step.npz"))
    good = True
    results = {}
    # Double first: it is the exact value that rounding in Float is judged against, on both sides.
    for kind, dtype in (("float64", torch.float64), ("float32", torch.float32)):
        network = network_for(state, join("encoder.safetensors"))
        if not hasattr(network, "projector"):
            fail(f"{join('encoder.safetensors')}: a step needs projector.* too")
        try:
            values = results[kind] = step_values(network, inputs, dtype, join("step.npz"))
        except ValueError as error:
            fail(f"{join('step.npz')}: {error}")
        np.savez(join(f"step_torch_{kind}.npz"), **values)
        terms = "  ".join(f"{name} {float(values[name]):.10g}" for name in ("loss", "instance", "intra", "inter"))
        print(f"torch {kind}: {terms}  components {values['components'].tolist()}")
    print("torch float32 beside torch float64:")
    compare_step(results["float32"], results["float64"], double=False)
    for kind in ("float64", "float32"):
        ours = join(f"step_ours_{kind}.npz")
        if os.path.exists(ours):
            print(f"ours {kind} beside torch float64:")
            good &= compare_step(read_npz(ours), results["float64"], double=kind == "float64")
        else:
            print(f"no {ours}: nothing to compare")
    return 0 if good else 1


# -------------------------------------------------------------------------------------------- self-test
def self_test():
    """The check values of the method to 1e-9 in float64, the parameter counts, and the two loss forms."""
    failures = 0

    def expect(what, value, expected, tolerance=0.0):
        nonlocal failures
        good = value == expected if tolerance == 0 else abs(value - expected) <= tolerance
        failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {what}: {value}" + ("" if good else f", expected {expected}"))

    for channels, total in ((1, 5_238_880), (4, 5_239_744)):
        network = SuperCLNetwork(channels)
        expect(f"parameters, {channels} channels", parameter_count(network), total)
    network = SuperCLNetwork(1)
    expect("parameters of the encoder", parameter_count(network.encoder), 4_713_568)
    expect("parameters of the projector", parameter_count(network.projector), 525_312)

    row, column = torch.meshgrid(torch.arange(8.0), torch.arange(3.0), indexing="ij")
    row, column = row.double(), column.double()
    rows = torch.sin(1 + 0.7 * row + 1.3 * column) + 0.25 * torch.cos(0.5 * row * column)
    loss = lambda positives: float(supervised_contrastive(rows, positives))
    positions = torch.tensor([0.05, 0.12, 0.5, 0.9], dtype=torch.float64)
    labels = torch.tensor([1, 1, 2, 3])
    expect("identity positives", loss(instance_positives(4)), 25.030356505774368, 1e-9)
    expect("positions", loss(instance_positives(4, positions)), 20.581961469725005, 1e-9)
    expect("labels", loss((labels[:, None] == labels[None, :]).repeat(2, 2)), 20.581961469725005, 1e-9)
    expect("labels, by label sums", float(supervised_contrastive_by_label(rows, labels.repeat(2))),
           20.581961469725005, 1e-9)
    neighbors = nearest_neighbors(rows)
    expect("CCL neighbors", neighbors, [1, 2, 1, 2, 5, 6, 5, 6])
    components = connected_components(neighbors)
    expect("CCL components", components.tolist(), [0, 0, 0, 0, 4, 4, 4, 4])
    expect("L_inter", loss(weak_positives(components)), 10.555856017959348, 1e-9)

    r, c = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
    mean = 0.1 * (4 * r + c).double() - 0.3 * ((r + c) % 3).double()
    regions = torch.tensor([[1, 1, 2, 2], [1, 1, 2, 2], [1, 3, 3, 2], [3, 3, 3, 3]])
    vector = average_superpixel_features(mean[None, None], regions[None])[0].reshape(4, 4)
    for label, (at, expected) in enumerate((((0, 0), 0.0), ((0, 2), 0.0875), ((3, 3), 0.38125)), 1):
        expect(f"ASP superpixel {label}", float(vector[at]), expected, 1e-9)

    torch.manual_seed(0)
    inputs = example_step(3, 32, 48, 1, 0)
    small = initialize(SuperCLNetwork(1, (4, 8, 8, 8, 16)))
    state = {name: tensor.clone() for name, tensor in small.state_dict().items()}
    values = step_values(small, inputs, torch.float64)
    expect("loss is the weighted sum", float(values["loss"]),
           float(values["instance"] + values["intra"] + 0.5 * values["inter"]), 1e-12)
    name, at = "encoder.stages.1.conv2.weight", (2, 3, 1, 1)
    sides = []
    for sign in (1, -1):
        small.load_state_dict(state)
        with torch.no_grad():
            small.get_parameter(name)[at] += sign * 1e-6
        sides.append(float(step_values(small, inputs, torch.float64)["loss"]))
    numeric = (sides[0] - sides[1]) / 2e-6
    expect("gradient beside a central difference", float(values[f"gradient.{name}"][at]), numeric,
           1e-5 * max(1, abs(numeric)))
    small.load_state_dict(state)
    single = step_values(small.float(), inputs, torch.float32)
    expect("Float beside Double", abs(float(single["loss"] - values["loss"])) < 1e-4, True)
    print("self-test:", "passed" if failures == 0 else f"{failures} failed")
    return 0 if failures == 0 else 1


def main():
    parser = argparse.ArgumentParser(description="SuperCL in PyTorch, and the exchange with the Swift library.")
    parser.add_argument("--self-test", action="store_true", help="check values, counts, gradients")
    commands = parser.add_subparsers(dest="command")
    export = commands.add_parser("export", help="write weights, inputs, features and a step")
    export.add_argument("--width", type=int, default=8, help="channels of the first stage (default 8)")
    export.add_argument("--channels", type=int, default=1, help="input channels (default 1)")
    export.add_argument("--size", type=int, default=64, help="height and width, a multiple of 16 (default 64)")
    export.add_argument("--batch", type=int, default=4, help="images (default 4)")
    export.add_argument("--level", type=int, default=BOTTLENECK, choices=range(5), help="feature level of ILCP")
    export.add_argument("--seed", type=int, default=1234)
    check = commands.add_parser("check", help="load the Swift library's encoder, compare its features")
    check.add_argument("--features", default="features.npz", metavar="FILE", help="file in DIR (features.npz)")
    step = commands.add_parser("step", help="one SuperCL step, compared with the Swift library's if stored")
    for command in (export, check, step):
        command.add_argument("directory", metavar="DIR")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    if not arguments.command:
        parser.print_help(sys.stderr)
        return 64
    if arguments.command == "export" and (arguments.size % 16 or arguments.size < 16):
        fail(f"--size {arguments.size} is not a multiple of 16", 64)
    run = dict(export=command_export, check=command_check, step=command_step)[arguments.command]
    return run(arguments) or 0


if __name__ == "__main__":
    sys.exit(main())
