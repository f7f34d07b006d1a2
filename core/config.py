"""Where the playground keeps its files and how much a visitor may use; ``PLAY_*`` variables set every figure."""

import os
from dataclasses import dataclass, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _number(name: str, default: int) -> int:
    return int(os.environ.get(f"PLAY_{name.upper()}", default))


def home() -> Path:
    """The folder for converted weights, caches and jobs: ``PLAY_HOME``, or ``.playground`` in the project."""
    return Path(os.environ.get("PLAY_HOME", ROOT / ".playground"))


@dataclass(frozen=True)
class Limits:
    """What one visitor and all visitors together may use; 0 switches a limit off."""

    image_mb: int = 10
    image_megapixels: int = 25
    image_side: int = 10_000
    table_mb: int = 20
    table_rows: int = 200_000
    table_columns: int = 500
    archive_mb: int = 50
    archive_files: int = 2_000
    archive_unpacked_mb: int = 200
    model_mb: int = 200
    text_chars: int = 20_000
    finetune_images: int = 1_000
    finetune_texts: int = 20_000
    jobs_running: int = 1
    jobs_per_visitor: int = 1
    jobs_per_visitor_per_day: int = 10
    jobs_queued: int = 20
    job_minutes: int = 15
    job_memory_mb: int = 0
    free_memory_mb: int = 400
    short_running: int = 2
    short_seconds: int = 60
    keep_hours: int = 24
    keep_inputs_hours: int = 2
    free_disk_mb: int = 500
    visitor_disk_mb: int = 300
    jobs_disk_mb: int = 5_000

    @classmethod
    def from_env(cls) -> "Limits":
        """The defaults, each replaced by ``PLAY_<NAME>`` where that variable is set."""
        return cls(**{f.name: _number(f.name, f.default) for f in fields(cls)})  # pyright: ignore[reportArgumentType]
