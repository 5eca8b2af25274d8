#!/usr/bin/env python3
"""Reference values of SuperCL's views, from the packages that its released code calls.

    pip install numpy scipy pillow batchgenerators
    ./fixtures_augmentation.py

writes Tests/ContrastiveTests/Fixtures/augmentation.json and augmentation_draws.json.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance
from scipy.ndimage import map_coordinates

HEIGHT, WIDTH = 13, 11


def image():
    """Whole numbers 3...982 without order."""
    return (np.arange(HEIGHT * WIDTH) * 389 % 1021).reshape(HEIGHT, WIDTH).astype(np.float64) + 3


def blurred(levels, sigma):
    """torchvision's GaussianBlur(3) of an 8-bit picture: reflected border, rounded to 8 bits."""
    weights = np.exp(-0.5 * (np.array([-1.0, 0.0, 1.0]) / sigma) ** 2)
    weights /= weights.sum()
    padded = np.pad(levels.astype(np.float64), 1, mode="reflect")
    rows = sum(w * padded[i : i + HEIGHT] for i, w in enumerate(weights))
    return np.rint(sum(w * rows[:, i : i + WIDTH] for i, w in enumerate(weights))).astype(np.uint8)


def fixed(brightness, contrast, sigma):
    """T_fix of the released code: 8 bits, Pillow's brightness and contrast, the blur, min-max."""
    source = image()
    first = (255 * (source - source.min()) / (source.max() - source.min())).astype(np.uint8)
    picture = ImageEnhance.Brightness(Image.fromarray(first)).enhance(brightness)
    picture = ImageEnhance.Contrast(picture).enhance(contrast)
    levels = blurred(np.asarray(picture), sigma).astype(np.float64)
    span = levels.max() - levels.min()
    return (levels - levels.min()) / span if span else np.zeros_like(levels)


def warped(angle, factor, order):
    """batchgenerators' SpatialTransform without elastic displacement: centered positions, turned, times the factor."""
    rows, columns = np.meshgrid(
        np.arange(HEIGHT) - (HEIGHT - 1) / 2, np.arange(WIDTH) - (WIDTH - 1) / 2, indexing="ij")
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    positions = np.stack([rows.ravel(), columns.ravel()], 1) @ turn * factor
    positions += [(HEIGHT - 1) / 2, (WIDTH - 1) / 2]
    return map_coordinates(image(), positions.T, order=order, mode="constant", cval=0).reshape(HEIGHT, WIDTH)


DRAWS, SIDE, REACH = 500, 96, 20


def read_positions(random):
    """Where batchgenerators' augment_spatial reads the middle of an image, [2, 2 REACH + 1, 2 REACH + 1], for one draw.

    The image is its own coordinates, so that its linear interpolation gives them back.
    """
    from batchgenerators.augmentations.spatial_transformations import augment_spatial

    np.random.seed(random)
    coordinates = np.stack(np.mgrid[0:SIDE, 0:SIDE].astype(np.float64))[None]
    moved, _ = augment_spatial(
        coordinates, None, (SIDE, SIDE), patch_center_dist_from_border=SIDE // 2, do_elastic_deform=True,
        alpha=(100, 350), sigma=(14, 17), do_rotation=True, angle_x=(0, 2 * np.pi), do_scale=True,
        scale=(0.7, 1.3), border_mode_data="constant", border_cval_data=0, order_data=1, random_crop=False,
        p_el_per_sample=1, p_rot_per_sample=1, p_scale_per_sample=1)
    middle = slice(SIDE // 2 - REACH, SIDE // 2 + REACH + 1)
    return moved[0, :, middle, middle]


def geometry(positions):
    """Angle, size, shift and bending of the positions around the middle: an affine map by least squares, and what it leaves."""
    places = np.stack(np.mgrid[-REACH : REACH + 1, -REACH : REACH + 1].astype(np.float64))
    shift = positions.mean((1, 2))
    matrix = np.einsum("iyx,jyx->ij", positions, places) / (places[0] ** 2).sum()
    rest = positions - shift[:, None, None] - np.einsum("ij,jyx->iyx", matrix, places)
    steps = [np.diff(rest, axis=axis) for axis in (1, 2)]
    return {
        # Turning the other way round is one distribution: all angles.
        "angle": np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]),
        "size": np.sqrt(np.linalg.det(matrix)),
        "shift": shift[0] - SIDE // 2,
        "bending": np.sqrt((rest**2).mean()),
        "roughness": np.sqrt(sum((step**2).sum() for step in steps) / (rest**2).sum()),
    }


def intensity(random):
    """Mean and spread of a fixed view."""
    view = fixed(random.uniform(0, 1), random.uniform(0.8, 1.2), random.uniform(1, 3))
    return {"mean": view.mean(), "spread": view.std()}


def draws():
    """500 draws of each augmentation of the released code, as sorted figures."""
    random = np.random.default_rng(1)
    moved = [geometry(read_positions(seed)) for seed in range(DRAWS)]
    changed = [intensity(random) for _ in range(DRAWS)]
    column = lambda rows, key: sorted(round(float(row[key]), 5) for row in rows)
    return {
        "side": SIDE, "reach": REACH, **{key: column(moved, key) for key in moved[0]},
        **{key: column(changed, key) for key in changed[0]}}


def main():
    cases = {"image": image().ravel().tolist(), "shape": [HEIGHT, WIDTH], "fixed": [], "warped": []}
    for brightness, contrast, sigma in [
        (1.0, 1.0, 1.0), (0.73, 0.85, 2.2), (0.5, 1.17, 1.3), (0.1, 1.2, 2.9), (0.02, 0.9, 1.0), (0.003, 1.1, 2.0)]:
        view = fixed(brightness, contrast, sigma)
        cases["fixed"].append(
            {"brightness": brightness, "contrast": contrast, "sigma": sigma, "view": view.ravel().tolist()})
    for angle, factor in [(0.4, 0.8), (2.5, 1.25), (-1.1, 1.0)]:
        cases["warped"].append({
            "angle": angle, "factor": factor, "cubic": warped(angle, factor, 3).ravel().tolist(),
            "nearest": warped(angle, factor, 0).ravel().tolist()})
    folder = Path(__file__).resolve().parents[2] / "Tests/ContrastiveTests/Fixtures"
    (folder / "augmentation.json").write_text(json.dumps(cases) + "\n")
    (folder / "augmentation_draws.json").write_text(json.dumps(draws()) + "\n")


if __name__ == "__main__":
    main()
