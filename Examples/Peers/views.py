"""SuperCL's views and superpixels of an image in Python: what feeds a training step, for bench_step.py.

A maker is a way to warp an image: `scikit-image` (its own SLIC beside SciPy's cubic spline), `opencv` (OpenCV's bicubic in
place of the spline) and `batchgenerators` (the released code's own package). Superpixels are scikit-image's in all of them.
"""

import numpy as np

MAKERS = ("scikit-image", "opencv", "batchgenerators")


def stretch(x):
    """Min-max to 0...1."""
    low, high = x.min(), x.max()
    return (x - low) / max(high - low, 1e-8)


def fixed_view(image, random):
    """T_fix of an image or a volume: min-max to 8 bits, brightness, contrast, Gaussian of 3 along each axis, min-max to 0...1."""
    from scipy import ndimage

    x = np.floor(stretch(image) * 255)
    x = np.clip(x * random.uniform(0, 1), 0, 255)
    x = np.clip((x - x.mean()) * random.uniform(0.8, 1.2) + x.mean(), 0, 255)
    sigma = random.uniform(1, 3)
    kernel = np.exp(-(np.array([-1, 0, 1]) ** 2) / (2 * sigma * sigma))
    kernel /= kernel.sum()
    for axis in range(image.ndim):
        x = ndimage.convolve1d(x, kernel, axis, mode="mirror")
    return stretch(x).astype(np.float32)


def displaced_points(size, random):
    """Where T_var's warp reads: elastic displacement, rotation and scale about the center, [2, H, W]."""
    from scipy import ndimage

    alpha, sigma = random.uniform(100, 350), random.uniform(14, 17)
    angle = random.uniform(0, 2 * np.pi)
    scale = random.uniform(0.7, 1) if random.random() < 0.5 else random.uniform(1, 1.3)
    grid = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    shift = [
        alpha
        * ndimage.gaussian_filter(random.uniform(-1, 1, size).astype(np.float32), sigma, mode="constant")
        for _ in size
    ]
    center = (np.array(size, np.float32) - 1)[:, None, None] / 2
    points = grid + shift - center
    turn = np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32
    ) * np.float32(scale)
    return np.tensordot(turn, points, 1).astype(np.float32) + center


def varied_view(image, random, maker, labels=None):
    """T_var: mirror; then, in two thirds of the draws, elastic deformation, rotation and scale, cubic, border 0.

    Labels, if there are any, move along: the nearest pixel's. Returns both."""
    for axis in (0, 1):
        if random.random() < 0.5:
            image = np.flip(image, axis)
            labels = None if labels is None else np.flip(labels, axis)
    image = np.ascontiguousarray(image)
    labels = None if labels is None else np.ascontiguousarray(labels)
    if random.random() >= 0.67:
        return image, labels
    if maker == "batchgenerators":
        return released_warp(image, random, labels)
    points = displaced_points(image.shape, random)
    if maker == "opencv":
        import cv2

        moved = cv2.remap(image, points[1], points[0], cv2.INTER_CUBIC)
        near = None if labels is None else cv2.remap(labels, points[1], points[0], cv2.INTER_NEAREST)
        return moved, near
    from scipy import ndimage

    moved = ndimage.map_coordinates(image, points, order=3, mode="constant")
    near = None if labels is None else ndimage.map_coordinates(labels, points, order=0, mode="constant")
    return moved, near


def released_warp(image, random, labels):
    """The warp of batchgenerators' SpatialTransform, as the released code calls it."""
    from batchgenerators.augmentations.spatial_transformations import augment_spatial

    np.random.seed(random.integers(1 << 31))  # the package draws from NumPy's global generator
    data, seg = augment_spatial(
        image[None, None],
        None if labels is None else labels[None, None],
        patch_size=image.shape,
        random_crop=False,
        do_elastic_deform=True,
        alpha=(100.0, 350.0),
        sigma=(14.0, 17.0),
        do_rotation=True,
        angle_x=(0, 2 * np.pi),
        do_scale=True,
        scale=(0.7, 1.3),
        border_mode_data="constant",
        border_cval_data=0,
        order_data=3,
        border_mode_seg="constant",
        border_cval_seg=0,
        order_seg=0,
    )
    return data[0, 0].astype(np.float32), None if seg is None else seg[0, 0].astype(labels.dtype)


def supercl_views(image, random, maker):
    """Two fixed views, two varied views of them, and the superpixels of the fixed ones."""
    from skimage.segmentation import slic

    fixed = [fixed_view(image, random) for _ in range(2)]
    varied = [varied_view(view, random, maker)[0] for view in fixed]
    # Grey to L* is times 100 here: compactness 10 of the reference is .1 on 0...1.
    maps = [
        slic(view, n_segments=100, compactness=0.1, max_num_iter=10, channel_axis=None, start_label=0)
        for view in fixed
    ]
    return fixed, varied, maps


# ---------------------------------------------------------------------------------------------- makers ahead
def _work(call):
    make, arguments, seed = call
    return make(*arguments, np.random.default_rng(seed))


def _start():
    """A worker: one thread, and it ends with the process that started it."""
    import ctypes
    import signal

    ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    for name, limit in (("torch", lambda module: module.set_num_threads(1)), ("cv2", _one_thread)):
        try:
            limit(__import__(name))
        except ImportError:
            pass


def _one_thread(cv2):
    cv2.setNumThreads(1)


class Feed:
    """What a step reads, image by image: made between two steps, or by worker processes while the step before runs.

    With workers `next()` hands out what was asked for one step earlier and asks for the next, and `wait()` at the end of
    the step waits for it: all work for a step lies in the time of a step, none before the first or behind the last.
    """

    def __init__(self, make, inputs, workers):
        self.make, self.inputs, self.workers, self.step = make, inputs, workers, 0
        if workers:
            from concurrent.futures import ProcessPoolExecutor
            from multiprocessing import get_context

            self.pool = ProcessPoolExecutor(workers, get_context("fork"), _start)
            self.ahead = self._ask()
            self.wait()

    def _calls(self):
        self.step += 1
        return [
            (self.make, arguments, (self.step, index)) for index, arguments in enumerate(self.inputs)
        ]

    def _ask(self):
        return [self.pool.submit(_work, call) for call in self._calls()]

    def next(self):
        if not self.workers:
            return [_work(call) for call in self._calls()]
        made = [future.result() for future in self.ahead]
        self.ahead = self._ask()
        return made

    def wait(self):
        if self.workers:
            for future in self.ahead:
                future.result()
