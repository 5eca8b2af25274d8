"""Writes resampling.json: reference values of SciPy and PyTorch for ResamplingReferenceTests."""
import json
import numpy as np, scipy, torch
from scipy import ndimage
import torch.nn.functional as F

def image(*shape):
    # values[i] = sin(0.7 i) + 0.01 i, row-major
    i = np.arange(np.prod(shape), dtype=np.float64)
    return (np.sin(0.7 * i) + 0.01 * i).reshape(shape)

def at(x, positions, order, mode):
    """SciPy's spline on the image continued by 40 pixels: its own rules for the ends are approximations in
    some modes (for 3 pixels `reflect` is off by 1e-4)."""
    if order < 2:
        return ndimage.map_coordinates(x, positions, order=order, mode=mode, cval=0.3)
    pad = dict(mirror="reflect", reflect="symmetric", nearest="edge")
    y = np.pad(x, 40, mode=pad[mode]) if mode in pad else np.pad(x, 40, constant_values=0.3)
    return ndimage.map_coordinates(y, np.asarray(positions) + 40, order=order, mode="mirror")

out = {"scipy": scipy.__version__, "torch": torch.__version__, "numpy": np.__version__}
x = image(5, 7)
t = torch.from_numpy(x)[None, None]
out["resize"] = []
for size in [(9, 4), (5, 15), (3, 7), (1, 1), (10, 14)]:
    for mode in ["bilinear", "bicubic"]:
        for align in [False, True]:
            y = F.interpolate(t, size=size, mode=mode, align_corners=align)[0, 0]
            out["resize"].append(dict(size=size, mode=mode, align=align, values=y.flatten().tolist()))
    for mode in ["area", "nearest", "nearest-exact"]:
        y = F.interpolate(t, size=size, mode=mode)[0, 0]
        out["resize"].append(dict(size=size, mode=mode, align=False, values=y.flatten().tolist()))
v = image(3, 4, 5)
tv = torch.from_numpy(v)[None, None]
out["resize3D"] = []
for size in [(5, 3, 7), (3, 8, 10)]:
    for align in [False, True]:
        y = F.interpolate(tv, size=size, mode="trilinear", align_corners=align)[0, 0]
        out["resize3D"].append(dict(size=size, align=align, values=y.flatten().tolist()))
# Rows of positions for one axis: SciPy's spline with its exact boundary rules.
positions = [-3.6, -2.0, -1.3, -0.4, 0, 0.25, 1.5, 2.9, 3, 4.75, 6, 6.2, 7.7, 9.1]
row = image(7)
out["spline"] = [dict(mode=m, positions=positions, values=at(row, [positions], 3, m).tolist())
    for m in ["mirror", "reflect", "nearest", "grid-constant"]]
out["linear"] = [dict(mode=m, positions=positions, values=at(row, [positions], 1, m).tolist())
    for m in ["mirror", "reflect", "nearest", "grid-constant"]]
# Warps of an image and a volume at scattered positions.
r = np.random.default_rng(7)
p2 = np.stack([r.uniform(-2, 6, 40), r.uniform(-2, 8, 40)])
p3 = np.stack([r.uniform(-1, 3, 30), r.uniform(-1, 4, 30), r.uniform(-1, 5, 30)])
out["warp"] = []
for order in [0, 1, 3]:
    for m in ["mirror", "reflect", "nearest", "grid-constant"]:
        out["warp"].append(dict(rank=2, order=order, mode=m, positions=p2.T.flatten().tolist(),
            values=at(x, p2, order, m).tolist()))
        out["warp"].append(dict(rank=3, order=order, mode=m, positions=p3.T.flatten().tolist(),
            values=at(v, p3, order, m).tolist()))
out["gaussian"] = [dict(sigma=s, truncate=tr, mode=m, values=ndimage.gaussian_filter(
    x, s, mode=m, cval=0.3, truncate=tr).flatten().tolist())
    for s, tr in [((1.0, 1.0), 4.0), ((0.6, 2.5), 3.0), ((0.0, 1.5), 4.0)]
    for m in ["mirror", "reflect", "nearest", "constant"]]
json.dump(out, open("resampling.json", "w"))
