"""What every test gets: a playground home of its own, the converted weights shared, the Hub out of reach."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a test that reaches the network is a broken test
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two spinning threads beside a busy neighbour are slower than one


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PLAY_HOME, with the converted starter weights of this machine linked in."""
    from core import config

    home = tmp_path / "home"
    home.mkdir()
    if (weights := config.home() / "models").exists():
        (home / "models").symlink_to(weights)
    monkeypatch.setenv("PLAY_HOME", str(home))
    return home
