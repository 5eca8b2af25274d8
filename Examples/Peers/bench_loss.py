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
