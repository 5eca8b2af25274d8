"""Fixtures of encoder, projector and U-Net: weights, features, logits, running statistics, gradients."""

import os

import numpy as np
import torch
import torch.nn.functional as F

import exchange
import supercl_torch as method
from fixture_files import SEED, SMALL_WIDTHS, buffers, last, lively, note, save


def network_fixtures(root):
    suite = "NNTests"
    network = lively(lambda: method.SuperCLNetwork(1, SMALL_WIDTHS, hidden=16, output=12), SEED)
    path = os.path.join(root, "Tests", suite, "Fixtures", "encoder.safetensors")
    exchange.write_safetensors(path, network)
    note(
        suite,
        "encoder.safetensors",
        "encoder.* and projector.*, float32, widths 4, 8, 8, 8, 16, one input "
        "channel, projector 16 -> 16 -> 12; norms, biases and running statistics away from their defaults",
    )
    images = exchange.example_step(2, 32, 48, 1, SEED)["view1_fixed"]
    network.double()
    arrays = {"input": images}
    x = exchange.to_nchw(images, torch.float64)
    with torch.no_grad():
        for mode in ("eval", "train"):
            network.train(mode == "train")
            features = exchange.all_features(network, x)
            for name, value in features.items():
                if mode == "eval" or name in ("level3", "bottleneck", "z"):
                    arrays[f"{mode}.{name}"] = value
    arrays.update(buffers(network, "train"))
    save(
        root,
        suite,
        "encoder.npz",
        arrays,
        "`input` [2, 32, 48, 1] float32; `eval.level0` ... `eval.level3`, `eval.bottleneck` [N, h, w, C], `eval.z` "
        "[2, 12]; `train.level3`, `train.bottleneck`, `train.z`: the same with batch statistics; "
        "`train.buffer.NAME`: every buffer after that one training forward (momentum .1, unbiased variance)",
    )

    unet = lively(lambda: method.UNet(2, 3, SMALL_WIDTHS), SEED + 10)
    exchange.write_safetensors(os.path.join(root, "Tests", suite, "Fixtures", "unet.safetensors"), unet)
    note(
        suite,
        "unet.safetensors",
        "the whole U-Net, float32, 2 input channels, 3 classes, widths 4, 8, 8, 8, 16. "
        "decoder.stages.0 is the deepest; its convolution reads [upsampled, skip] in this order",
    )
    images = exchange.example_step(2, 32, 32, 2, SEED + 1)["view1_fixed"]
    labels = np.random.default_rng(SEED).integers(0, 3, (2, 32, 32)).astype(np.int32)
    x, target = exchange.to_nchw(images, torch.float64), torch.from_numpy(labels.astype(np.int64))
    unet.double().eval()
    arrays = {"input": images, "labels": labels}
    with torch.no_grad():
        arrays["eval.logits"] = last(unet(x))
    unet.train()
    logits = unet(x)
    loss = F.cross_entropy(logits, target)
    loss.backward()
    arrays.update({"train.logits": last(logits), "train.crossEntropy": loss}, **buffers(unet, "train"))
    arrays.update({f"gradient.{name}": p.grad for name, p in unet.named_parameters()})
    save(
        root,
        suite,
        "unet.npz",
        arrays,
        "`input` [2, 32, 32, 2] float32, `labels` [2, 32, 32] int32 in 0...2; `eval.logits`, `train.logits` "
        "[2, 32, 32, 3]; `train.crossEntropy` (mean over pixels) and `gradient.NAME` of it for every parameter; "
        "`train.buffer.NAME` after that forward",
    )
