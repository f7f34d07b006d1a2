"""A checkpoint file survives whatever happens while it is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import checkpoint, config


def _number(path: Path) -> int:
    return int(path.read_text())


def _write(number: int):
    return lambda path: path.write_text(str(number))


def test_the_newest_is_read_and_the_one_before_kept(tmp_path):
    path = tmp_path / "state.txt"
    assert checkpoint.load(path, _number) is None
    for number in (1, 2, 3):
        checkpoint.save(path, _write(number))
        assert checkpoint.load(path, _number) == number
    assert _number(checkpoint.previous(path)) == 2


@pytest.mark.parametrize("damage", ["", "12x", None], ids=["empty", "garbage", "missing"])
def test_a_damaged_newest_gives_way_to_the_one_before(tmp_path, damage):
    path = tmp_path / "state.txt"
    checkpoint.save(path, _write(1))
    checkpoint.save(path, _write(2))
    path.unlink() if damage is None else path.write_text(damage)
    assert checkpoint.load(path, _number) == 1


def test_both_damaged_is_none(tmp_path):
    path = tmp_path / "state.txt"
    checkpoint.save(path, _write(1))
    checkpoint.save(path, _write(2))
    path.write_text("")
    checkpoint.previous(path).write_text("")
    assert checkpoint.load(path, _number) is None


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "state.txt"
    checkpoint.save(path, _write(1))

    def half(fresh: Path) -> None:
        fresh.write_text("2 and the disk is fu")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        checkpoint.save(path, half)
    assert checkpoint.load(path, _number) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.txt"]


def test_a_process_killed_in_mid_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "state.txt"
    checkpoint.save(path, _write(1))
    program = (
        "import os, signal, sys; from pathlib import Path; from core import checkpoint\n"
        "def half(fresh): fresh.write_text('2x'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "checkpoint.save(Path(sys.argv[1]), half)"
    )
    environment = os.environ | {"PYTHONPATH": str(config.ROOT)}
    assert subprocess.run([sys.executable, "-c", program, str(path)], env=environment, check=False).returncode == -9
    assert checkpoint.load(path, _number) == 1
