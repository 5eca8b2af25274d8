"""A 3-D U-Net step in PyTorch, and SuperCL's views and supervoxels of volumes in SciPy and scikit-image, for bench_step.py.

The network is that of supercl_torch.py with three axes: widths 32 ... 256, two convolutions with batch norm and leaky ReLU a
stage, a center without norm, transposed 2x2x2 convolutions, a 1x1x1 head without bias. Of the three warps of views.py SciPy's
alone takes volumes.
"""

import numpy as np

from peerlib import phantom
from views import fixed_view

WIDTHS = (32, 64, 128, 256)
BATCH = 2


def volumes(size):
    return np.stack([phantom((size,) * 3, index) for index in range(BATCH)])


def network(classes):
    import torch
    from torch import nn

    def block(inputs, outputs):
        layers = []
        for channels in (inputs, outputs):
            layers += [nn.Conv3d(channels, outputs, 3, padding=1), nn.BatchNorm3d(outputs), nn.LeakyReLU(0.01, True)]
        return nn.Sequential(*layers)

    class UNet3D(nn.Module):
        def __init__(self):
            super().__init__()
            *stages, center = WIDTHS
            self.down = nn.ModuleList(block(i, o) for i, o in zip((1, *stages), stages))
            self.center = nn.Sequential(
                nn.Conv3d(stages[-1], center, 3, padding=1), nn.ReLU(True),
                nn.Conv3d(center, center, 3, padding=1), nn.ReLU(True),
            )
            pairs = list(zip(WIDTHS[:0:-1], WIDTHS[-2::-1]))
            self.up = nn.ModuleList(nn.ConvTranspose3d(deep, shallow, 2, stride=2) for deep, shallow in pairs)
            self.join = nn.ModuleList(block(2 * shallow, shallow) for _, shallow in pairs)
            self.head = nn.Conv3d(WIDTHS[0], classes, 1, bias=False)

        def forward(self, x):
            skips = []
            for stage in self.down:
                x = stage(x)
                skips.append(x)
                x = nn.functional.max_pool3d(x, 2)
            x = self.center(x)
            for up, join, skip in zip(self.up, self.join, reversed(skips)):
                x = join(torch.cat([up(x), skip], 1))
            return self.head(x)

    torch.manual_seed(0)
    result = UNet3D()
    for layer in result.modules():
        if isinstance(layer, (nn.Conv3d, nn.ConvTranspose3d)):
            nn.init.kaiming_normal_(layer.weight, a=0.01)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return result


def unet3d(setting, size, classes, dice_loss):
    """One fine-tuning step on volumes and labels that are given."""
    import torch
    import torch.nn.functional as F

    net = network(classes)
    x = torch.from_numpy(volumes(size)[:, None])
    target = (x[:, 0] * (classes - 0.01)).long()
    onehot = F.one_hot(target, classes).permute(0, 4, 1, 2, 3).float()
    if setting != "default":
        net.to(memory_format=torch.channels_last_3d)
        x, onehot = (tensor.to(memory_format=torch.channels_last_3d) for tensor in (x, onehot))
    optimizer = torch.optim.Adam(net.parameters(), 5e-4, weight_decay=1e-5, fused=True)
    forward = torch.compile(net) if setting == "compile" else net

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = forward(x)
        loss = F.cross_entropy(logits, target) + dice_loss(logits, onehot)
        loss.backward()
        optimizer.step()

    return step


# ------------------------------------------------------------------------------------------------- views
def turn(first, second, angle):
    matrix = np.eye(3, dtype=np.float32)
    matrix[[first, second], [first, second]] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix


def varied_view(volume, random):
    """T_var: mirror; then, in two thirds of the draws, elastic deformation, rotation, tilt and scale, cubic, border 0."""
    from scipy import ndimage

    for axis in range(3):
        if random.random() < 0.5:
            volume = np.flip(volume, axis)
    volume = np.ascontiguousarray(volume)
    if random.random() >= 0.67:
        return volume
    alpha, sigma = random.uniform(100, 350), random.uniform(14, 17)
    # As far as an image: one axis more smooths more of the noise away.
    alpha *= np.sqrt(2 * np.sqrt(np.pi) * sigma)
    scale = random.uniform(0.7, 1) if random.random() < 0.5 else random.uniform(1, 1.3)
    matrix = turn(1, 2, random.uniform(0, 2 * np.pi)) * np.float32(scale)
    for first, second in ((0, 2), (0, 1)):
        matrix = matrix @ turn(first, second, random.uniform(-np.pi / 6, np.pi / 6))
    size = volume.shape
    grid = np.mgrid[tuple(slice(0, length) for length in size)].astype(np.float32)
    shift = [
        np.float32(alpha)
        * ndimage.gaussian_filter(random.uniform(-1, 1, size).astype(np.float32), sigma, mode="constant")
        for _ in size
    ]
    center = (np.array(size, np.float32) - 1)[:, None, None, None] / 2
    points = np.tensordot(matrix, grid + shift - center, 1).astype(np.float32) + center
    return ndimage.map_coordinates(volume, points, order=3, mode="constant")


def supercl_views(volume, random):
    """Two fixed views, two varied views of them, and the supervoxels of the fixed ones."""
    from skimage.segmentation import slic

    fixed = [fixed_view(volume, random) for _ in range(2)]
    varied = [varied_view(view, random) for view in fixed]
    maps = [
        slic(view, n_segments=51, compactness=0.1, max_num_iter=10, channel_axis=None, start_label=0)
        for view in fixed
    ]
    return fixed, varied, maps


def views3d(size):
    """The views of a batch, volume by volume."""
    batch, state = volumes(size), {"step": 0}

    def make():
        state["step"] += 1
        for index, volume in enumerate(batch):
            supercl_views(volume, np.random.default_rng((state["step"], index)))

    return make
