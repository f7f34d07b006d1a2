"""Features on disk by content, so that a second run on the same examples need not look at them again."""

import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core import config

MOST_MB = 300
_MB = 1024 * 1024


class FeatureCache:
    """The features of one backbone: a folder of small files, each some rows of keys and features."""

    def __init__(self, fingerprint: str, width: int) -> None:
        self.folder = folder() / fingerprint[:32]
        self.width = width

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Tensor]:
        """``(D,)`` features of those ``keys`` that are known."""
        wanted, found = set(keys), {}
        for file in sorted(self.folder.glob("*.safetensors")):
            for key, row in self._read(file):
                if key in wanted:
                    found[key] = row
        return found

    def put(self, keys: Sequence[bytes], features: Tensor) -> None:
        """Keep ``features (N, D)`` of ``keys``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        packed = torch.frombuffer(bytearray(b"".join(keys)), dtype=torch.uint8).view(len(keys), 32)
        fresh = self.folder / f"{uuid4().hex}.part"
        save_file({"keys": packed, "features": features.float().contiguous()}, fresh)
        fresh.replace(fresh.with_suffix(".safetensors"))

    def _read(self, file: Path) -> list[tuple[bytes, Tensor]]:
        try:
            held = load_file(file)
        except (OSError, SafetensorError):  # damaged by a crash, or swept away meanwhile: compute again
            file.unlink(missing_ok=True)
            return []
        if held["features"].shape[1] != self.width:
            return []
        file.touch()
        return list(zip((bytes(key.tolist()) for key in held["keys"]), held["features"], strict=True))


def folder() -> Path:
    """Where all features are kept."""
    return config.home() / "cache" / "features"


def prune(most_mb: int = MOST_MB) -> None:
    """Drop what nobody used for as long as results are kept, then the oldest until ``most_mb`` remain."""
    hours = config.Limits.from_env().keep_hours
    files = [(file.stat().st_mtime, file.stat().st_size, file) for file in folder().glob("*/*") if file.is_file()]
    room = most_mb * _MB
    for used, size, file in sorted(files, reverse=True, key=lambda item: item[0]):
        room -= size
        if room < 0 or (hours and time.time() - used > 3600 * hours):
            file.unlink(missing_ok=True)
