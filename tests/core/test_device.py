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
    (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {50 * device.MB}\n")
    assert device.free_mb() == 250
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


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only glibc keeps memory, and only it can be told not to"
)
def test_memory_of_large_tensors_goes_back() -> None:
    code = """
import threading
from core import device
device.share_machine()
import psutil, torch
def work():
    for size in (2, 4, 6, 7):  # small enough to be kept, and a block beyond each that is still held
        held = [torch.ones(size << 18) for _ in range(40)]
        pin = torch.ones(1000)
        del held
        pins.append(pin)
pins = []
thread = threading.Thread(target=work); thread.start(); thread.join()
held = psutil.Process().memory_info().rss >> 20
device.give_back()
print(held, psutil.Process().memory_info().rss >> 20, torch.get_num_threads())
"""
    env = {"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    held, left, threads = map(int, done.stdout.split())
    assert threads == 1
    assert left < held - 100
