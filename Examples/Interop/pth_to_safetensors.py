#!/usr/bin/env python3
"""Turns a PyTorch checkpoint into a safetensors file that the library loads.

    pth_to_safetensors.py IN.pth OUT.safetensors [--key KEY]
    pth_to_safetensors.py --self-test

IN.pth holds a state dict, or a dictionary with one under `state_dict`, `net`, `model`, `model_state_dict` or KEY. If all
names begin with `module.`, as DistributedDataParallel writes them, that prefix is dropped. Names stay as they are
otherwise: the authors' checkpoints load with `renaming: .superCLReleased()`. Half-precision tensors become float32,
which holds them exactly. Nothing in the file is executed (`weights_only=True`).

Needs torch and safetensors; the self-test needs neither. Exit codes: 64 wrong arguments, 65 bad data, 66 no such file, 69
a package is missing, 73 the output cannot be written.
"""

import argparse
import collections.abc
import os
import sys

KEYS = ("state_dict", "net", "model", "model_state_dict")


class BadCheckpoint(Exception):
    pass


def is_state_dict(value, is_tensor):
    return isinstance(value, collections.abc.Mapping) and len(value) > 0 and all(
        isinstance(name, str) and is_tensor(tensor) for name, tensor in value.items()
    )


def state_dict_of(checkpoint, is_tensor, key=None):
    """The names and tensors of a checkpoint, wherever they stand in it."""
    if key is not None:
        if not isinstance(checkpoint, collections.abc.Mapping) or key not in checkpoint:
            raise BadCheckpoint(f"there is no key '{key}'{_keys(checkpoint)}")
        if not is_state_dict(checkpoint[key], is_tensor):
            raise BadCheckpoint(f"'{key}' is no dictionary of named tensors")
        return dict(checkpoint[key])
    if is_state_dict(checkpoint, is_tensor):
        return dict(checkpoint)
    if not isinstance(checkpoint, collections.abc.Mapping):
        raise BadCheckpoint(f"it holds a {type(checkpoint).__name__}, no state dict")
    found = [name for name in KEYS if is_state_dict(checkpoint.get(name), is_tensor)]
    if len(found) != 1:
        what = f"several: {', '.join(found)}; choose with --key" if found else f"none{_keys(checkpoint)}"
        raise BadCheckpoint(f"one state dict is wanted, there are {what}")
    return dict(checkpoint[found[0]])


def _keys(checkpoint):
    if not isinstance(checkpoint, collections.abc.Mapping):
        return ""
    return f"; its keys are {', '.join(map(str, checkpoint))}"


def without_prefix(state, prefix="module."):
    """The same tensors, with a prefix that all names have dropped."""
    if not all(name.startswith(prefix) and len(name) > len(prefix) for name in state):
        return state
    return {name[len(prefix):]: tensor for name, tensor in state.items()}


def fail(message, code):
    print(f"pth_to_safetensors.py: {message}", file=sys.stderr)
    sys.exit(code)


def convert(source, destination, key):
    try:
        import torch
        from safetensors.torch import save_file
    except ImportError as missing:
        fail(f"{missing.name} is not installed (pip install torch safetensors)", 69)
    if not os.path.isfile(source):
        fail(f"{source}: no such file", 66)
    try:
        checkpoint = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # damage shows in many types; an object that is no tensor is one of them
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "weights_only" in reason:  # torch advises to switch the check off
            reason = "it is no checkpoint, or holds objects that are neither tensors nor plain values"
        fail(f"{source}: cannot be read: {reason}", 65)
    try:
        state = without_prefix(state_dict_of(checkpoint, torch.is_tensor, key))
    except BadCheckpoint as error:
        fail(f"{source}: {error}", 65)
    tensors = {}
    for name, tensor in state.items():
        if tensor.dtype in (torch.float16, torch.bfloat16):
            tensor = tensor.float()
        # A copy: tensors that share memory, or are views, are written each for itself.
        tensors[name] = tensor.detach().clone().contiguous()
    try:
        save_file(tensors, destination)
        os.chmod(destination, 0o644)  # the library writes for the owner alone
    except Exception as error:
        fail(f"{destination}: cannot be written: {error}", 73)
    print(f"wrote {destination}: {len(tensors)} tensors")


def self_test():
    """State dicts of every form, with numbers in the tensors' place."""

    def is_tensor(value):
        return isinstance(value, float)

    plain = {"head.2.weight": 1.0, "head.2.bias": 2.0}
    parallel = {f"module.{name}": value for name, value in plain.items()}
    mixed = {"module.a": 1.0, "b": 2.0}
    for checkpoint in (plain, {"net": plain, "epoch": 3}, {"state_dict": parallel, "optimizer": {"x": 1}}, parallel,
                       {"model": plain, "net": {}}):
        assert without_prefix(state_dict_of(checkpoint, is_tensor)) == plain, checkpoint
    assert state_dict_of({"teacher": plain, "net": mixed}, is_tensor, "teacher") == plain
    assert without_prefix(mixed) == mixed and without_prefix({"module.": 1.0}) == {"module.": 1.0}
    for checkpoint, key in (({}, None), ([1.0], None), (3, None), ({"net": 1}, None), ({"net": plain, "model": plain}, None),
                            ({"net": {"a": "text"}}, None), ({"net": plain}, "ema"), ({"net": 1.0, "x": "y"}, "net"),
                            ({"net": {3: 1.0}}, None)):
        try:
            state_dict_of(checkpoint, is_tensor, key)
        except BadCheckpoint:
            continue
        raise AssertionError(f"{checkpoint} was taken")
    print("the self-test passes")


class ArgumentParser(argparse.ArgumentParser):
    def error(self, message):
        fail(f"{message}; {' '.join(self.format_usage().split())}", 64)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", metavar="IN.pth")
    parser.add_argument("destination", nargs="?", metavar="OUT.safetensors")
    parser.add_argument("--key", help="where the state dict stands in the checkpoint")
    parser.add_argument("--self-test", action="store_true", help="check the reading of dictionaries, without torch")
    options = parser.parse_args()
    if options.self_test:
        self_test()
    elif options.source is None or options.destination is None:
        parser.error("IN.pth and OUT.safetensors are needed")
    else:
        convert(options.source, options.destination, options.key)
