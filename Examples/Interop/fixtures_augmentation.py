#!/usr/bin/env python3
"""Reference values of SuperCL's views, from the packages that its released code calls.

    pip install numpy scipy pillow
    ./fixtures_augmentation.py

writes Tests/ContrastiveTests/Fixtures/augmentation.json.
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


if __name__ == "__main__":
    main()
