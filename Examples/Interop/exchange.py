"""The exchange folder of supercl_torch.py: reading, writing, and the commands export, check and step.

README.md lists the files and their arrays.
"""

import os
import sys

import numpy as np
import torch
import torch.nn as nn

from supercl_torch import BOTTLENECK, StepOptions, SuperCLNetwork, UNetEncoder, initialize, parameter_count
from supercl_torch import supercl_loss

VIEWS = ("view1_fixed", "view2_fixed", "view1_varied", "view2_varied")


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
    options = StepOptions(
        *(
            int(inputs.get(key, default))
            for key, default in (("level", BOTTLENECK), ("stride", 1), ("asp_level", BOTTLENECK))
        )
    )
    network.zero_grad(set_to_none=True)
    result = supercl_loss(network, views, maps, positions, options)
    result["loss"].backward()
    values = {
        key: np.asarray(result[key].detach()) for key in ("loss", "instance", "intra", "inter", "asp", "z")
    }
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
    images = np.stack(
        [
            np.stack(
                [np.sin(rows / (4 + b + c) + b) + np.cos(columns / (3 + 2 * b + c)) for c in range(channels)],
                -1,
            )
            for b in range(batch)
        ]
    )
    images = images + 0.3 * rng.normal(size=images.shape)
    view = lambda image: image.astype(np.float32)
    inputs = {
        "view1_fixed": view(images),
        "view2_fixed": view(0.8 * images + 0.2 + 0.1 * rng.normal(size=images.shape)),
        "view1_varied": view(images[:, :, ::-1] * 1.1 + 0.1 * rng.normal(size=images.shape)),
        "view2_varied": view(
            np.roll(images, (height // 8, width // 4), (1, 2)) + 0.1 * rng.normal(size=images.shape)
        ),
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
def float_error(network, inputs):
    """PyTorch's step in Float beside its step in Double: worst relative L2 of a gradient, worst bias before a norm.

    Where an activation lies within rounding of leaky ReLU's zero, or two pixels tie in a max-pool, the gradient
    jumps, and no two correct implementations agree in Float. Such inputs compare nothing.
    """
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    single = step_values(network, inputs, torch.float32)
    network.load_state_dict(state)
    double = step_values(network, inputs, torch.float64)
    network.float().load_state_dict(state)
    network.zero_grad(set_to_none=True)
    return gradient_errors(single, double)


def gradient_errors(values, exact):
    """The two worst errors of gradients, as the limits of `step` count them."""
    gradient = bias = 0.0
    for name in exact:
        if not name.startswith("gradient."):
            continue
        difference = float(np.linalg.norm(values[name] - exact[name]))
        if bias_before_norm(name):
            bias = max(bias, difference / float(np.linalg.norm(exact[name[: -len("bias")] + "weight"])))
        else:
            gradient = max(gradient, difference / float(np.linalg.norm(exact[name])))
    return gradient, bias


def command_export(arguments):
    """Writes encoder.safetensors, features.npz and step.npz for the Swift library to load.

    Takes the first of ten seeds whose step is free of kinks (a worst gradient error below 2e-5), else the best of them.
    """
    os.makedirs(arguments.directory, exist_ok=True)
    path = lambda name: os.path.join(arguments.directory, name)
    best = None
    for seed in range(arguments.seed, arguments.seed + 10):
        torch.manual_seed(seed)
        network = initialize(
            SuperCLNetwork(arguments.channels, tuple(arguments.width << i for i in range(5)))
        )
        images = example_step(arguments.batch, arguments.size, arguments.size, arguments.channels, seed)
        with torch.no_grad():  # running statistics that matter
            network.train().encoder(to_nchw(images["view1_fixed"], torch.float32))
        images.update(
            positions=np.linspace(0.05, 0.5, arguments.batch),
            level=np.int64(arguments.level),
            stride=np.int64(1),
            asp_level=np.int64(BOTTLENECK),
        )
        error = float_error(network, images)[0]
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
    print(
        f"wrote encoder.safetensors, features.npz, step.npz to {arguments.directory}: "
        f"{parameter_count(network)} parameters, seed {seed}, PyTorch's own gradients in Float are off by {error:.1e}"
    )
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
        print(
            f"{'ok  ' if worst <= 1e-4 else 'FAIL'} {name} {features[name].shape} largest difference {worst:.2e}"
        )
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
        terms = "  ".join(
            f"{name} {float(values[name]):.10g}" for name in ("loss", "instance", "intra", "inter")
        )
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
