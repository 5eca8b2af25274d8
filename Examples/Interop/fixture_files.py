"""Writing fixtures: the arrays, their entries in PROVENANCE.md, and exact random numbers."""

import os
import platform

import numpy as np
import safetensors
import torch
import torch.nn as nn

import supercl_torch as method

SEED = 20250414
SMALL_WIDTHS = (4, 8, 8, 8, 16)
written = {}
remarks = {}


def save(root, suite, name, arrays, about):
    """Writes one .npz (uncompressed), keys sorted, and notes it for PROVENANCE.md."""
    path = os.path.join(root, "Tests", suite, "Fixtures", name)
    # Not ascontiguousarray, which turns a scalar into one row.
    arrays = {key: np.array(as_array(value), order="C") for key, value in sorted(arrays.items())}
    np.savez(path, **arrays)
    note(suite, name, about)
    print(f"{os.path.getsize(path) / 1024:7.1f} KiB  {suite}/Fixtures/{name}  ({len(arrays)} arrays)")


def note(suite, name, about):
    written.setdefault(suite, []).append((name, about))


def remark(suite, text):
    """Text below the entries of a suite's PROVENANCE.md."""
    remarks.setdefault(suite, []).append(text.rstrip())


def as_array(value):
    return value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)


def generator(offset):
    return torch.Generator().manual_seed(SEED + offset)


def normal(shape, source, scale=1.0):
    """Normal numbers that float32 holds exactly, as float64."""
    return (torch.randn(shape, generator=source) * scale).double()


def last(tensor):
    """Channels first to channels last, any number of spatial axes; other tensors pass through."""
    return np.moveaxis(as_array(tensor), 1, -1) if tensor.dim() > 2 else as_array(tensor)


def lively(make, seed):
    """A network of make() with norms, biases and running statistics that differ from their defaults."""
    torch.manual_seed(seed)
    network = method.initialize(make())
    source = torch.Generator().manual_seed(seed + 1)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.weight.data = 1 + 0.2 * torch.randn(layer.weight.shape, generator=source)
            layer.bias.data = 0.2 * torch.randn(layer.bias.shape, generator=source)
            layer.running_mean.data = 0.3 * torch.randn(layer.bias.shape, generator=source)
            layer.running_var.data = 0.5 + torch.rand(layer.bias.shape, generator=source)
        elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and layer.bias is not None:
            layer.bias.data = 0.1 * torch.randn(layer.bias.shape, generator=source)
    return network


def copy_of(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def buffers(network, prefix):
    return {f"{prefix}.buffer.{name}": value.clone() for name, value in network.named_buffers()}


def write_provenance(root):
    begin, end = "<!-- make_fixtures.py: begin -->", "<!-- make_fixtures.py: end -->"
    for suite, entries in written.items():
        path = os.path.join(root, "Tests", suite, "Fixtures", "PROVENANCE.md")
        text = open(path).read() if os.path.exists(path) else f"# Where the fixtures of {suite} come from\n"
        # The block is written anew where it stands, or below what there is.
        before, after = text, ""
        if begin in text:
            before, after = text[: text.index(begin)], text[text.index(end) + len(end) :]
        lines = [
            begin,
            "",
            "## Written by Examples/Interop/make_fixtures.py",
            "",
            f"PyTorch {torch.__version__.split('+')[0]}, NumPy {np.__version__}, safetensors "
            f"{safetensors.__version__}, Python {platform.python_version()}; seed {SEED}. Everything is float64 "
            "unless said, computed from inputs and weights that float32 holds exactly. Images are channels-last "
            "[N, H, W, C], volumes [N, D, H, W, C]; weights are in PyTorch's order (OIHW; IOHW for transposed; "
            "OIDHW in 3-D; linear [out, in]).",
            "",
        ]
        lines += [f"- `{name}`: {about}." for name, about in entries]
        lines += remarks.get(suite, [])
        with open(path, "w") as file:
            block = "\n".join(lines) + f"\n\n{end}\n"
            file.write(before.rstrip() + "\n\n" + block + (f"\n{after.strip()}\n" if after.strip() else ""))
