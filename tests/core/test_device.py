"""Free memory respects the container; memory used counts the children."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core import device


def test_a_container_limit_is_respected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "max").write_text(str(300 * device.MB))
    (tmp_path / "current").write_text(str(100 * device.MB))
    monkeypatch.setattr(device, "_CGROUP", ((tmp_path / "max", tmp_path / "current"),))
    assert device.free_mb() == 200
    (tmp_path / "max").write_text("max")
    assert device.free_mb() > 200


def test_children_are_counted() -> None:
    before = device.used_mb()
    code = "held = bytearray(120_000_000); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stdin
        child.stdout.readline()
        assert device.used_mb() - before > 100
        child.stdin.close()


def test_a_process_that_ended_meanwhile_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: psutil.Process) -> None:
        raise psutil.NoSuchProcess(self.pid)

    monkeypatch.setattr(psutil.Process, "memory_full_info", gone)
    assert device.used_mb() == 0
