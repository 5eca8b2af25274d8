#!/usr/bin/env python3
"""Contrastive losses alone in PyTorch, forward and backward. Their rows stand in rows/loss.py."""
import sys

from peerlib import case, main

try:
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"bench_loss.py: {missing.name} is not installed")


def supervised_contrastive(z, labels, temperature=0.1, base_temperature=0.07):
    """Rows z of unit length; rows of one label are positives; the mean over positives outside the logarithm."""
    itself = torch.eye(z.shape[0], dtype=torch.bool)
    positives = (labels[:, None] == labels[None, :]) & ~itself
    log_p = F.log_softmax((z @ z.T / temperature).masked_fill(itself, -1e9), dim=1)
    count = positives.sum(1)
    keep = count > 0
    return -(temperature / base_temperature) * ((log_p * positives).sum(1)[keep] / count[keep]).mean()


def by_parts(z, labels, temperature=0.1, base_temperature=0.07):
    """The same with the sum over positives taken from label sums: one matrix fewer."""
    itself = torch.eye(z.shape[0], dtype=torch.bool)
    logits = (z @ z.T / temperature).masked_fill(itself, -1e9)
    sums = torch.zeros(int(labels.max()) + 1, z.shape[1]).index_add(0, labels, z)
    count = torch.bincount(labels)[labels] - 1
    positive = ((z * (sums[labels] - z)).sum(1) / temperature)[count > 0] / count[count > 0]
    return (temperature / base_temperature) * (logits.logsumexp(1)[count > 0] - positive).mean()


for channels in (512, 128):

    @case(f"ILCP {channels}", settings=("eager", "label sums", "compile"))
    def intra_image(setting, threads, channels=channels):
        views = [torch.randn(8, 32 * 32, channels, requires_grad=True) for _ in range(2)]
        place = torch.arange(32) // 3
        labels = (place[:, None] * 11 + place[None, :]).reshape(-1).repeat(2)
        loss = by_parts if setting == "label sums" else supervised_contrastive
        if setting == "compile":
            loss = torch.compile(loss)

        def repeat():
            for view in views:
                view.grad = None
            z = F.normalize(torch.cat(views, dim=1), dim=2)
            torch.stack([loss(image, labels) for image in z]).mean().backward()

        return repeat


# The losses of the compared methods: two views of 512 images, as on our side. Eager, from their formulas.


def cosine(p, z):
    return -F.cosine_similarity(p, z.detach()).mean()


def barlow_twins(a, b):
    a, b = ((x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt() for x in (a, b))
    c = a.T @ b / len(a)
    own = torch.diagonal(c)
    return (own - 1).square().sum() + 0.0051 * (c.square().sum() - own.square().sum())


def vicreg(a, b):
    loss = 25 * F.mse_loss(a, b)
    for x in (a, b):
        x = x - x.mean(0)
        c = x.T @ x / (len(x) - 1)
        own = torch.diagonal(c)
        loss = loss + 12.5 * F.relu(1 - (own + 1e-4).sqrt()).mean()
        loss = loss + (c.square().sum() - own.square().sum()) / x.shape[1]
    return loss


def alignment_and_uniformity(a, b):
    a, b = F.normalize(a), F.normalize(b)
    spread = sum(torch.pdist(x).square().mul(-2).exp().mean().log() for x in (a, b)) / 2
    return (a - b).norm(dim=1).square().mean() + spread


for name, channels, loss in (
    ("negative cosine 128", 128, cosine),
    ("Barlow Twins 1024", 1024, barlow_twins),
    ("VICReg 1024", 1024, vicreg),
    ("alignment and uniformity 128", 128, alignment_and_uniformity),
):

    @case(name, settings=("eager",))
    def pair(setting, threads, channels=channels, loss=loss):
        views = [torch.randn(512, channels, requires_grad=True) for _ in range(2)]

        def repeat():
            for view in views:
                view.grad = None
            loss(*views).backward()

        return repeat


def triplet_all(distances, same, others):
    """Of all triplets at once, [N, N, N], as the well-known implementations list them."""
    cost = F.relu(distances[:, :, None] - distances[:, None, :] + 0.2)
    cost = cost * (same[:, :, None] & others[:, None, :])
    return cost.sum() / (cost > 0).sum().clamp(min=1)


def triplet_batch_hard(distances, same, others):
    far = distances.masked_fill(~same, -1).amax(1)
    near = distances.masked_fill(~others, 9).amin(1)
    return F.relu(far - near + 0.2).mean()


for name, loss in (("triplet all 128", triplet_all), ("triplet batch-hard 128", triplet_batch_hard)):

    @case(name, settings=("eager",))
    def triplet(setting, threads, loss=loss):
        rows = torch.randn(256, 128, requires_grad=True)
        labels = torch.arange(256) % 32
        others = labels[:, None] != labels[None, :]
        same = ~others & ~torch.eye(len(labels), dtype=torch.bool)

        def repeat():
            rows.grad = None
            z = F.normalize(rows)
            loss(torch.cdist(z, z), same, others).backward()

        return repeat


@torch.no_grad()
def swav_codes(scores, epsilon=0.05, iterations=3):
    """As the released code has it: the matrix [prototypes, images] is divided by its sums in turn."""
    q = torch.exp(scores / epsilon).t()
    prototypes, images = q.shape
    q /= q.sum()
    for _ in range(iterations):
        q /= q.sum(dim=1, keepdim=True)
        q /= prototypes
        q /= q.sum(dim=0, keepdim=True)
        q /= images
    return (q * images).t()


@case("SwAV 300", settings=("eager",))
def swav(setting, threads):
    views = [F.normalize(torch.randn(512, 128), dim=1) @ F.normalize(torch.randn(300, 128), dim=1).T for _ in range(2)]
    for view in views:
        view.requires_grad_()

    def repeat():
        for view in views:
            view.grad = None
        codes = [swav_codes(view) for view in views]
        loss = sum(-(code * F.log_softmax(view / 0.1, dim=1)).sum(1).mean() for code, view in zip(codes, views[::-1]))
        (loss / 2).backward()

    return repeat


@case("dense contrast 128", settings=("eager",))
def dense_contrast(setting, threads):
    q = torch.randn(32, 49, 128, requires_grad=True)
    k = F.normalize(torch.randn(32, 49, 128), dim=2)
    f, g = (F.normalize(torch.randn(32, 49, 512), dim=2) for _ in range(2))
    queue = F.normalize(torch.randn(16384, 128))

    def repeat():
        q.grad = None
        match = (f @ g.transpose(1, 2)).argmax(2)
        z = F.normalize(q, dim=2).reshape(-1, 128)
        own = (z * torch.gather(k, 1, match[:, :, None].expand(-1, -1, 128)).reshape(-1, 128)).sum(1, keepdim=True)
        logits = torch.cat([own, z @ queue.T], dim=1) / 0.2
        F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long)).backward()

    return repeat


@case("pixel contrast 128", settings=("eager", "label sums"))
def pixel_contrast(setting, threads):
    features = torch.randn(8, 64 * 64, 128, requires_grad=True)
    labels = torch.arange(64) * 5 // 64
    labels = labels[:, None].expand(64, 64).reshape(-1)
    loss = by_parts if setting == "label sums" else supervised_contrastive

    def repeat():
        features.grad = None
        losses = []
        for image in features:
            places = [torch.nonzero(labels == label)[:, 0] for label in range(5)]
            drawn = torch.cat([place[torch.randperm(len(place))[:100]] for place in places])
            losses.append(loss(F.normalize(image[drawn]), labels[drawn], 0.1, 0.1))
        torch.stack(losses).mean().backward()

    return repeat


# The losses that compare all of 8,192 rows.


def nt_xent(z, labels, temperature=0.1):
    n = z.shape[0] // 2
    itself = torch.eye(2 * n, dtype=torch.bool)
    return F.cross_entropy((z @ z.T / temperature).masked_fill(itself, -1e9), torch.arange(2 * n).roll(n))


def decoupled(z, labels, temperature=0.1):
    n = z.shape[0] // 2
    s = z @ z.T / temperature
    own = torch.arange(2 * n).roll(n)
    left_out = torch.eye(2 * n, dtype=torch.bool) | torch.eye(2 * n, dtype=torch.bool).roll(n, 1)
    return (s.masked_fill(left_out, -1e9).logsumexp(1) - s[torch.arange(2 * n), own]).mean()


def hard_negatives(z, labels, temperature=0.5, beta=1.0, tau=0.1):
    """As the authors' code has it: exponentials of the matrix, weighted."""
    n = z.shape[0] // 2
    left_out = torch.eye(2 * n, dtype=torch.bool) | torch.eye(2 * n, dtype=torch.bool).roll(n, 1)
    own = torch.exp((z * z.roll(n, 0)).sum(1) / temperature)
    negatives = torch.exp(z @ z.T / temperature).masked_fill(left_out, 0)
    importance = (beta * negatives.clamp_min(1e-30).log()).exp().masked_fill(left_out, 0)
    count = 2 * n - 2
    weighted = (importance * negatives).sum(1) / (importance.sum(1) / count)
    corrected = ((weighted - tau * count * own) / (1 - tau)).clamp_min(
        count * torch.exp(torch.tensor(-1 / temperature)))
    return -torch.log(own / (own + corrected)).mean()


def supervised_inside(z, labels, temperature=0.1, base_temperature=0.07):
    itself = torch.eye(z.shape[0], dtype=torch.bool)
    positives = (labels[:, None] == labels[None, :]) & ~itself
    s = z @ z.T / temperature
    inside = s.masked_fill(~positives, -1e9).logsumexp(1) - positives.sum(1).log()
    return (temperature / base_temperature) * (s.masked_fill(itself, -1e9).logsumexp(1) - inside).mean()


def pairwise_nt_xent(z, labels, temperature=0.07):
    itself = torch.eye(z.shape[0], dtype=torch.bool)
    equal = labels[:, None] == labels[None, :]
    s = z @ z.T / temperature
    negatives = s.masked_fill(equal, -1e9).logsumexp(1, keepdim=True)
    pairs = equal & ~itself
    return F.softplus(negatives - s)[pairs].mean()


ROW_LOSSES = {
    "NT-Xent": nt_xent,
    "DCL": decoupled,
    "hard negatives": hard_negatives,
    "SupCon inside": supervised_inside,
    "pairwise NT-Xent": pairwise_nt_xent,
}

for name, row_loss in ROW_LOSSES.items():

    @case(f"{name} 8192", settings=("eager",))
    def all_rows(setting, threads, row_loss=row_loss):
        views = [torch.randn(4096, 128, requires_grad=True) for _ in range(2)]
        labels = torch.arange(8192) % 64

        def repeat():
            for view in views:
                view.grad = None
            row_loss(F.normalize(torch.cat(views), dim=1), labels).backward()

        return repeat


if __name__ == "__main__":
    main()
