"""Fixtures of the losses for labels, the optimizers, the schedules and gradient clipping."""

import json
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from fixture_files import generator, last, normal, note, save


def dice_loss(logits, onehot, smoothing=1.0, axes=(0, 2, 3), squared=False, classes=slice(None)):
    """1 - mean of (2 sum p g + s) / (sum p + sum g + s); squared: p^2, g^2 in the denominator."""
    p = logits.softmax(1)
    overlap = (p * onehot).sum(axes)
    total = ((p * p).sum(axes) + (onehot * onehot).sum(axes)) if squared else (p.sum(axes) + onehot.sum(axes))
    score = (2 * overlap + smoothing) / (total + smoothing)
    return 1 - score[..., classes].mean()


def tversky_loss(logits, onehot, alpha=0.3, beta=0.7, smoothing=1.0):
    """1 - mean of (TP + s) / (TP + alpha FP + beta FN + s) over the classes, sums over batch and pixels."""
    p = logits.softmax(1)
    axes = (0, 2, 3)
    hit = (p * onehot).sum(axes)
    false_positive, false_negative = (p * (1 - onehot)).sum(axes), ((1 - p) * onehot).sum(axes)
    return 1 - ((hit + smoothing) / (hit + alpha * false_positive + beta * false_negative + smoothing)).mean()


def focal_loss(logits, target, gamma=2.0, weights=None):
    """Mean over the pixels of -w_y (1 - p_y)^gamma log p_y (divided by the pixel count, not by the weights)."""
    log_p = logits.log_softmax(1).gather(1, target[:, None])[:, 0]
    value = -((1 - log_p.exp()) ** gamma) * log_p
    return (value if weights is None else value * weights[target]).mean()


def loss_fixtures(root):
    source = generator(1)
    logits = normal((2, 4, 5, 6), source, 1.5)  # N C H W
    labels = torch.randint(0, 4, (2, 5, 6), generator=source)
    ignored = labels.clone()
    ignored[0, 1:3, 2:5] = 255
    ignored[1, 4] = 255
    weights = torch.tensor([0.5, 1.0, 2.0, 0.25], dtype=torch.float64)
    onehot = F.one_hot(labels, 4).permute(0, 3, 1, 2).double()
    cross = lambda x, target=labels, **options: F.cross_entropy(x, target, **options)
    cases = {
        "crossEntropy.plain": cross,
        "crossEntropy.sum": lambda x: cross(x, reduction="sum"),
        "crossEntropy.weighted": lambda x: cross(x, weight=weights),
        "crossEntropy.ignored": lambda x: cross(x, ignored, ignore_index=255),
        "crossEntropy.smoothed": lambda x: cross(x, label_smoothing=0.1),
        "crossEntropy.weightedIgnored": lambda x: cross(x, ignored, weight=weights, ignore_index=255),
        "crossEntropy.weightedSmoothed": lambda x: cross(x, weight=weights, label_smoothing=0.1),
        "crossEntropy.ignoredSmoothed": lambda x: cross(x, ignored, ignore_index=255, label_smoothing=0.1),
        "crossEntropy.all": lambda x: cross(
            x, ignored, weight=weights, ignore_index=255, label_smoothing=0.1
        ),
        "dice.batch": lambda x: dice_loss(x, onehot),
        "dice.batchSmallSmoothing": lambda x: dice_loss(x, onehot, 1e-5),
        "dice.perImage": lambda x: dice_loss(x, onehot, axes=(2, 3)),
        "dice.squared": lambda x: dice_loss(x, onehot, squared=True),
        "dice.foreground": lambda x: dice_loss(x, onehot, classes=slice(1, None)),
        "dicePlusCrossEntropy": lambda x: dice_loss(x, onehot) + cross(x),
        "focal.gamma2": lambda x: focal_loss(x, labels),
        "focal.gamma1_5": lambda x: focal_loss(x, labels, 1.5),
        "focal.gamma0": lambda x: focal_loss(x, labels, 0.0),
        "focal.weighted": lambda x: focal_loss(x, labels, 2.0, weights),
        "tversky.alpha0_3beta0_7": lambda x: tversky_loss(x, onehot),
        "tversky.alpha0_5beta0_5": lambda x: tversky_loss(x, onehot, 0.5, 0.5),
    }
    arrays = {
        "logits": last(logits),
        "labels": labels.numpy().astype(np.int32),
        "labels.ignored": ignored.numpy().astype(np.int32),
        "classWeights": weights,
    }
    for name, loss in cases.items():
        x = logits.clone().requires_grad_()
        value = loss(x)
        value.backward()
        arrays[f"{name}.value"] = value
        arrays[f"{name}.gradient"] = last(x.grad)
    save(
        root,
        "NNTests",
        "losses.npz",
        arrays,
        "`logits` [2, 5, 6, 4], `labels` [2, 5, 6] int32, `labels.ignored` the same with 255 in places, "
        "`classWeights` [4]; `CASE.value` and `CASE.gradient` (by the logits, [2, 5, 6, 4]). Cases: "
        "`crossEntropy.` plain, sum, weighted (sum of w l over sum of w), ignored (255 left out of the mean), "
        "smoothed (.1, PyTorch's definition), weightedIgnored, weightedSmoothed, ignoredSmoothed, all; "
        "`dice.batch` = 1 - mean over classes of (2 sum pg + s)/(sum p + sum g + s), p = softmax, sums over batch "
        "and pixels, s = 1; `dice.batchSmallSmoothing` s = 1e-5; `dice.perImage` sums over the pixels of each "
        "image, mean over images and classes; `dice.squared` p^2 and g^2 in the denominator; `dice.foreground` "
        "without class 0; `dicePlusCrossEntropy` = dice.batch + plain; `focal.gamma*` = mean of "
        "-(1 - p_y)^gamma log p_y, `focal.weighted` times w_y, over the pixel count, gamma 2; `tversky.*` = 1 - mean of "
        "(TP + 1)/(TP + alpha FP + beta FN + 1). Cross-entropy is PyTorch's own, the rest are these formulas in "
        "PyTorch with its gradients",
    )


class LARS(torch.optim.Optimizer):
    """v <- m v + lr * eta |w| / (|g| + wd |w|) (g + wd w);  w <- w - v  (You et al. 2017)."""

    def __init__(self, parameters, lr, momentum=0.9, weight_decay=0.0, trust=0.001):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay, trust=trust))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                decay = group["weight_decay"]
                local = group["trust"] * w.norm() / (w.grad.norm() + decay * w.norm())
                velocity = self.state[w].setdefault("v", torch.zeros_like(w))
                velocity.mul_(group["momentum"]).add_(group["lr"] * local * (w.grad + decay * w))
                w.sub_(velocity)


def optimizer_fixtures(root):
    source = generator(2)
    start, gradients = normal((6,), source), normal((5, 6), source)
    rates = [0.1, 0.1, 0.05, 0.05, 0.02]
    SGD, Adam, AdamW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    cases = {
        "sgd": (SGD, dict(lr=0.1)),
        "sgd.weightDecay": (SGD, dict(lr=0.1, weight_decay=0.01)),
        "sgd.momentum": (SGD, dict(lr=0.1, momentum=0.9)),
        "sgd.momentumWeightDecay": (SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.01)),
        "sgd.nesterov": (SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
        "sgd.dampening": (SGD, dict(lr=0.1, momentum=0.9, dampening=0.5)),
        "adam": (Adam, dict(lr=0.1)),
        "adam.weightDecay": (Adam, dict(lr=0.1, weight_decay=0.01)),
        "adam.betas": (Adam, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-6)),
        "adam.amsgrad": (Adam, dict(lr=0.1, amsgrad=True)),
        "adamw": (AdamW, dict(lr=0.1, weight_decay=0.01)),
        "adamw.strongDecay": (AdamW, dict(lr=0.1, weight_decay=0.3, betas=(0.9, 0.99))),
        "lars": (LARS, dict(lr=0.1, momentum=0.9, weight_decay=0.01, trust=0.001)),
        "lars.plain": (LARS, dict(lr=0.1, momentum=0.0, weight_decay=0.0, trust=0.02)),
    }

    def run(kind, options, schedule=None):
        w = nn.Parameter(start.clone())
        optimizer = kind([w], **options)
        rows = []
        for index, gradient in enumerate(gradients):
            if schedule:
                optimizer.param_groups[0]["lr"] = schedule[index]
            w.grad = gradient.clone()
            optimizer.step()
            rows.append(w.detach().clone())
        return torch.stack(rows)

    arrays = {"start": start, "gradients": gradients, "learningRates": np.array(rates)}
    for name, (kind, options) in cases.items():
        arrays[name] = run(kind, options)
    for name in ("sgd.nesterov", "adam.weightDecay", "adamw"):
        arrays[f"{name}.scheduled"] = run(*cases[name], rates)
    arrays["lars.scheduled"] = run(*cases["lars"], rates)
    for limit in (0.5, 100.0):
        parts = [
            nn.Parameter(torch.zeros(4, dtype=torch.float64)),
            nn.Parameter(torch.zeros(2, dtype=torch.float64)),
        ]
        for part, gradient in zip(parts, (gradients[0, :4], gradients[0, 4:])):
            part.grad = gradient.clone()
        norm = torch.nn.utils.clip_grad_norm_(parts, limit)
        name = f"clip.norm{limit:g}".replace(".", "_").replace("clip_", "clip.")
        arrays[f"{name}.total"] = norm
        arrays[f"{name}.result"] = torch.cat([part.grad for part in parts])
    arrays["clip.value0_5.result"] = gradients[0].clamp(-0.5, 0.5)
    options = "; ".join(
        f"`{name}` {', '.join(f'{k} {v}' for k, v in o.items())}" for name, (_, o) in cases.items()
    )
    save(
        root,
        "NNTests",
        "optimizers.npz",
        arrays,
        "`start` [6], `gradients` [5, 6] (one row a step), `learningRates` [5]; each case [5, 6]: the parameter "
        f"after each step. {options}. Unnamed options are PyTorch's defaults (Adam: betas .9, .999, eps 1e-8). "
        "`CASE.scheduled`: the same with `learningRates`. LARS is the paper's formula, "
        "v <- m v + lr eta |w|/(|g| + wd |w|) (g + wd w), w <- w - v. `clip.norm0_5`, `clip.norm100`: "
        "`.total` is the norm before, `.result` the gradient of row 0 after PyTorch's clip_grad_norm_ (its "
        "divisor is norm + 1e-6) over two parameters of 4 and 2; `clip.value0_5.result`: clamp",
    )


def schedule_fixtures(root):
    S = torch.optim.lr_scheduler

    def rates(make, count, base=0.1):
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=base)
        schedule, values = make(optimizer), []
        for _ in range(count):
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        return values

    def plateau(metrics, **options):
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
        schedule, values = S.ReduceLROnPlateau(optimizer, **options), []
        for metric in metrics:
            schedule.step(metric)
            values.append(optimizer.param_groups[0]["lr"])
        return dict(options=options, metrics=metrics, rates=values)

    losses = [1.0, 0.9, 0.9, 0.91, 0.9, 0.9, 0.89, 0.89, 0.89, 0.89, 0.89, 0.89, 0.889999, 0.5]
    warm = lambda o: S.SequentialLR(
        o, [S.LinearLR(o, 0.1, 1.0, 4), S.CosineAnnealingLR(o, 8, 0.001)], milestones=[4]
    )
    content = {
        "base": 0.1,
        "cosine": dict(total=10, minimum=0.0, rates=rates(lambda o: S.CosineAnnealingLR(o, 10), 11)),
        "cosineToMinimum": dict(
            total=10, minimum=0.001, rates=rates(lambda o: S.CosineAnnealingLR(o, 10, 0.001), 11)
        ),
        "paperFineTuning": dict(
            base=5e-4,
            total=100,
            minimum=5e-6,
            rates=rates(lambda o: S.CosineAnnealingLR(o, 100, 5e-6), 101, 5e-4),
        ),
        "linearWarmup": dict(startFactor=0.1, steps=4, rates=rates(lambda o: S.LinearLR(o, 0.1, 1.0, 4), 7)),
        "warmupThenCosine": dict(startFactor=0.1, steps=4, total=8, minimum=0.001, rates=rates(warm, 13)),
        "polynomial": dict(total=10, power=0.9, rates=rates(lambda o: S.PolynomialLR(o, 10, 0.9), 13)),
        "step": dict(size=3, factor=0.1, rates=rates(lambda o: S.StepLR(o, 3, 0.1), 10)),
        "milestones": dict(
            at=[2, 5, 6], factor=0.5, rates=rates(lambda o: S.MultiStepLR(o, [2, 5, 6], 0.5), 9)
        ),
        "exponential": dict(factor=0.9, rates=rates(lambda o: S.ExponentialLR(o, 0.9), 6)),
        "plateau": plateau(losses, mode="min", factor=0.1, patience=2, threshold=1e-4),
        "plateauCooldown": plateau(
            losses, mode="min", factor=0.5, patience=1, threshold=1e-4, cooldown=2, min_lr=0.03
        ),
        "plateauMaximum": plateau(
            [-v for v in losses], mode="max", factor=0.5, patience=2, threshold=0.01, threshold_mode="abs"
        ),
    }
    path = os.path.join(root, "Tests", "NNTests", "Fixtures", "schedules.json")
    with open(path, "w") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
    note(
        "NNTests",
        "schedules.json",
        "base rate .1 (`paperFineTuning`: 5e-4). `rates[t]` is the rate of step t (from "
        "0). cosine: CosineAnnealingLR; linearWarmup: LinearLR, factor startFactor + (1 - startFactor) t/steps; "
        "warmupThenCosine: SequentialLR, the cosine starts at step 4; polynomial: (1 - t/total)^power, then 0; "
        "plateau*: ReduceLROnPlateau, `rates[t]` after `metrics[t]` was reported",
    )
    print(f"{os.path.getsize(path) / 1024:7.1f} KiB  NNTests/Fixtures/schedules.json")
