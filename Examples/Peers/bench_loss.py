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


if __name__ == "__main__":
    main()
