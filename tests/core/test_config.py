"""Limits come from the environment; the home folder too."""

from pathlib import Path

import pytest

from core import config


def test_a_variable_replaces_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAY_JOBS_QUEUED", "3")
    assert config.Limits.from_env().jobs_queued == 3
    assert config.Limits.from_env().image_mb == config.Limits().image_mb


def test_the_home_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAY_HOME", str(tmp_path))
    assert config.home() == tmp_path
    monkeypatch.delenv("PLAY_HOME")
    assert config.home() == config.ROOT / ".playground"
