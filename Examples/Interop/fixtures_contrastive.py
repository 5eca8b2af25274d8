"""Fixtures of the contrastive losses, ILCP, ASP, CCL and whole SuperCL steps."""

import os

import numpy as np
import torch
import torch.nn.functional as F

import exchange
import supercl_torch as method
from fixture_files import SEED, SMALL_WIDTHS, copy_of, generator, last, lively, normal, note, remark, save

STEP_KEYS = """
The keys of the `supercl_step_*.npz`: `view1_fixed`, `view2_fixed`, `view1_varied`, `view2_varied` [3, 32, 48, 1]
float32; `map1`, `map2` [3, 32, 48] int32 (superpixels of the two fixed views), `map1.at.level`, `map1.at.asp_level`
(and map2) the same downsampled to the feature maps; `level`, `stride`, `asp_level` int32; `positions` [3] where used.
Results, float64: `loss`, `instance`, `intra`, `inter` (before their weights), `z` [6, 12] (view 1, then view 2), `asp`
[6, h w] (fixed view 1, then 2), `neighbors` [6] and `components` [6] int32 (named by their lowest member), `weak` [6, 6]
uint8 with the forced pairs, `gradient.NAME` for each parameter (of the total loss), `buffer_after.NAME` the running
statistics after the four forwards (fixed 1, fixed 2, varied 1, varied 2). The weights and inputs were chosen among
seeds so that no activation lies near a kink: a relative 2e-6 in the weights moves no gradient by a jump. A bias in
front of a batch norm has gradient 0 but for rounding.
"""


def contrastive_fixtures(root):
    suite, source, arrays = "ContrastiveTests", generator(5), {}
    rows = normal((12, 5), source)
    labels = torch.tensor([0, 1, 2, 0, 1, 7, 0, 1, 2, 2, 1, 9])  # 7 and 9 stand alone
    positions = torch.tensor([0.05, 0.12, 0.14, 0.5, 0.58, 0.9], dtype=torch.float64)
    arrays.update(rows=rows, labels=labels.numpy().astype(np.int32), positions=positions)

    def store(name, function, **leaves):
        leaves = {key: value.clone().requires_grad_() for key, value in leaves.items()}
        value = function(**leaves)
        value.backward()
        arrays[f"{name}.value"] = value
        for key, leaf in leaves.items():
            arrays[f"{name}.gradient" if key == "x" else f"{name}.gradient.{key}"] = last(leaf.grad)

    same = labels[:, None] == labels[None, :]
    loss = method.supervised_contrastive
    for name, temperature, base in (
        ("t0_1", 0.1, 0.07),
        ("t0_07", 0.07, 0.07),
        ("t0_5", 0.5, 0.07),
        ("t0_1noBase", 0.1, None),
        ("t0_01", 0.01, None),
    ):
        store(f"supervised.{name}", lambda x: loss(x, same, temperature, base), x=rows)
        store(f"ntXent.{name}", lambda x: loss(x, method.instance_positives(6), temperature, base), x=rows)
    store("positions.t0_1", lambda x: loss(x, method.instance_positives(6, positions)), x=rows)

    queries, keys, negatives = normal((4, 5), source), normal((4, 5), source), normal((7, 5), source)
    arrays.update({"infoNCE.queries": queries, "infoNCE.keys": keys, "infoNCE.negatives": negatives})

    def info(queries, keys, negatives=None):
        q, k = F.normalize(queries, dim=1), F.normalize(keys, dim=1)
        if negatives is None:
            return F.cross_entropy(q @ k.T / 0.07, torch.arange(4))
        logits = torch.cat([(q * k).sum(1, keepdim=True), q @ F.normalize(negatives, dim=1).T], 1)
        return F.cross_entropy(logits / 0.07, torch.zeros(4, dtype=torch.long))

    store("infoNCE.inBatch", info, queries=queries, keys=keys)
    store("infoNCE.withNegatives", info, queries=queries, keys=keys, negatives=negatives)

    first, second = normal((2, 5, 4, 6), source), normal((2, 5, 4, 6), source)  # N C h w
    maps = torch.stack(
        [
            torch.tensor([[0, 0, 0, 1, 1, 1], [0, 0, 2, 2, 1, 1], [3, 3, 2, 2, 2, 4], [3, 3, 3, 4, 4, 4]]),
            torch.tensor([[5, 5, 5, 5, 5, 5], [5, 5, 5, 9, 9, 9], [7, 7, 9, 9, 9, 9], [7, 7, 7, 7, 8, 9]]),
        ]
    )
    arrays.update(
        {
            "ilcp.features1": last(first),
            "ilcp.features2": last(second),
            "ilcp.labels": maps.numpy().astype(np.int32),
        }
    )
    for stride in (1, 3):
        store(
            f"ilcp.stride{stride}",
            lambda features1, features2, stride=stride: method.intra_image_loss(
                features1, features2, maps, stride
            ),
            features1=first,
            features2=second,
        )
    for name, region in (("asp", False), ("asp.overRegion", True)):
        arrays[f"{name}.features1"] = method.average_superpixel_features(first, maps, region)
    arrays["asp.channelMean"] = first.mean(1)
    graph = normal((10, 6), source)
    neighbors = method.nearest_neighbors(graph)
    components = method.connected_components(neighbors)
    arrays.update(
        {
            "ccl.vectors": graph,
            "ccl.neighbors": np.array(neighbors, np.int32),
            "ccl.components": components.numpy().astype(np.int32),
            "ccl.weak": method.weak_positives(components).numpy().astype(np.uint8),
        }
    )
    save(
        root,
        suite,
        "losses.npz",
        arrays,
        "`rows` [12, 5], `labels` [12] int32 (two labels occur once: those anchors have no positive and are left out "
        "of the mean), `positions` [6]. `supervised.CASE` by the labels, `ntXent.CASE` (row i with i + 6), "
        "`positions.t0_1` (threshold .1): `.value` and `.gradient` by `rows`; cases t0_1, t0_07, t0_5 (base "
        "temperature .07), t0_1noBase, t0_01 (temperature .01), both without the factor T/T0. `infoNCE.*`: "
        "temperature .07, unit rows; inBatch: cross-entropy of queries times keys, diagonal positive, queries as "
        "anchors only; withNegatives: key i and all 7 negatives; `.gradient.queries`, `.keys`, `.negatives`. "
        "`ilcp.features1/2` [2, 4, 6, 5], `ilcp.labels` [2, 4, 6]; `ilcp.stride1`, `ilcp.stride3` with "
        "`.gradient.features1/2` [2, 4, 6, 5]. `asp.features1` [2, 24] (over h w), `asp.overRegion.features1`, "
        "`asp.channelMean` [2, 4, 6]; `ccl.vectors` [10, 6], `ccl.neighbors`, `ccl.components` (named by their "
        "lowest member), `ccl.weak` [10, 10] with the forced pairs (b, b + 5)",
    )


def step_fixtures(root):
    suite = "ContrastiveTests"
    cases = {  # name: ILCP level, stride, positions
        "supercl_step_bottleneck": (4, 1, np.array([0.05, 0.12, 0.9])),
        "supercl_step_level2": (2, 1, None),
        "supercl_step_level3_stride2": (3, 2, None),
    }
    build = lambda: method.SuperCLNetwork(1, SMALL_WIDTHS, hidden=16, output=12)
    best = None
    for seed in range(SEED, SEED + 100):
        network = lively(build, seed)
        inputs = exchange.example_step(3, 32, 48, 1, seed)
        score = 0.0
        for settings in cases.values():
            full = complete(inputs, *settings)
            gradient, bias = exchange.float_error(network, full)
            # In units of what the comparison allows: a good seed leaves room.
            score = max(score, gradient / 1e-4, bias / 1e-6)
            if best and score >= best[0]:
                break
            score = max(score, roughness(network, full) / 1e-3)
        if best is None or score < best[0]:
            best = score, seed
    score, seed = best
    network = lively(build, seed)
    exchange.write_safetensors(
        os.path.join(root, "Tests", suite, "Fixtures", "supercl_step.safetensors"), network
    )
    note(
        suite,
        "supercl_step.safetensors",
        "encoder.* and projector.*, float32, widths 4, 8, 8, 8, 16, one input "
        "channel, projector 16 -> 16 -> 12; the weights of every supercl_step_*.npz before the step",
    )
    inputs = exchange.example_step(3, 32, 48, 1, seed)
    state = copy_of(network)
    for name, (level, stride, positions) in cases.items():
        full = complete(inputs, level, stride, positions)
        network.float().load_state_dict(state)
        single = exchange.step_values(network, full, torch.float32)
        single = {key: value.copy() for key, value in single.items()}
        network.float().load_state_dict(state)
        values = exchange.step_values(network, full, torch.float64)
        relative, bias = exchange.gradient_errors(single, values)
        terms = max(abs(float(single[k]) - float(values[k])) for k in ("loss", "instance", "intra", "inter"))
        arrays = dict(full)
        for at in ("level", "asp_level"):
            size = (32 >> int(full[at]), 48 >> int(full[at]))
            for index in (1, 2):
                small = method.downsample_labels(torch.from_numpy(inputs[f"map{index}"]), size)
                arrays[f"map{index}.at.{at}"] = small.numpy().astype(np.int32)
        arrays.update(
            {
                ("buffer_after." + k[len("buffer.") :] if k.startswith("buffer.") else k): v
                for k, v in values.items()
            }
        )
        what = "positions .05, .12, .9" if positions is not None else "no positions (NT-Xent)"
        save(
            root,
            suite,
            f"{name}.npz",
            arrays,
            f"ILCP on level {level}, stride {stride}, {what}, ASP on the bottleneck, temperature .1, base "
            f"temperature .07, weights 1, 1, .5. PyTorch in float32 is off by {terms:.0e} in the terms, "
            f"{relative:.0e} (relative L2) in the gradients, {bias:.0e} in the biases before a norm (of their "
            "weight's gradient)",
        )
    remark(suite, STEP_KEYS)
    print(f"step seed {seed}: PyTorch in Float takes {score:.0%} of what the comparison allows")


def complete(inputs, level, stride, positions):
    full = dict(inputs, level=np.int32(level), stride=np.int32(stride), asp_level=np.int32(4))
    if positions is not None:
        full["positions"] = positions
    return full


def roughness(network, inputs, noise=2e-6):
    """Largest change of a gradient when the weights move by a relative 2e-6, ten times Float's rounding."""
    state = copy_of(network)
    exact = exchange.step_values(network, inputs, torch.float64)
    exact = {key: value.copy() for key, value in exact.items()}
    worst = 0.0
    for trial in range(3):
        network.float().load_state_dict(state)
        network.double()
        source = torch.Generator().manual_seed(trial)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(
                    1 + noise * torch.randn(parameter.shape, generator=source, dtype=torch.float64)
                )
        moved = exchange.step_values(network, inputs, torch.float64)
        if not np.array_equal(moved["components"], exact["components"]):
            worst = float("inf")
        worst = max(
            worst,
            *(
                float(np.linalg.norm(moved[k] - exact[k]) / np.linalg.norm(exact[k]))
                for k in exact
                if k.startswith("gradient.") and not exchange.bias_before_norm(k)
            ),
        )
    network.float().load_state_dict(state)
    return worst
