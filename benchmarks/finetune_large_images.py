"""A thousand photos of 12 megapixels from a folder: the run must end, and its process must stay small."""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from benchmarks.lines import Line, at_most
from core import config
from core.device import MB

PHOTOS, SIDES, CLASSES = 1000, (4000, 3000), ("cold", "warm")
PEAK_MB = 900


def measure() -> list[Line]:
    """The peak of all processes of the command together, by the kernel's own high-water marks."""
    folder = photos(config.home() / "cache" / "bench-photos")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "model"
        command = [sys.executable, "-m", "core.finetuning", str(folder), "--out", str(out)]
        with (Path(scratch) / "log.txt").open("w") as log:
            started = psutil.Popen(command, stdout=log, stderr=log)
            peak, seconds = watch(started)
        if started.returncode:
            raise RuntimeError((Path(scratch) / "log.txt").read_text()[-2000:])
        report = json.loads((out / "report.json").read_text())
    examples, size = sum(report["counts"].values()), sum(file.stat().st_size for file in folder.rglob("*.jpg")) / MB
    note = (
        f"probe on {examples} photos of {SIDES[0]} × {SIDES[1]} pixels ({size:.0f} MB as JPEG) in {seconds:.0f} s; "
        f"accuracy {report['accuracy']:.3f} on {len(report['answers'])} others; reference = the limit asked for"
    )
    if examples != PHOTOS:
        raise RuntimeError(f"{examples} of {PHOTOS} photos were read")
    return [at_most("finetune-large-images", peak, PEAK_MB, "MB", 1, note)]


def watch(started: psutil.Popen) -> tuple[float, float]:
    """The sum of the high-water marks (VmHWM) of a process and its descendants in MB, and the seconds it took."""
    begun, marks = time.perf_counter(), {}
    while started.poll() is None:
        for process in (started, *_children(started)):
            marks[process.pid] = max(marks.get(process.pid, 0.0), high_water(process.pid))
        time.sleep(0.1)
    return sum(marks.values()), time.perf_counter() - begun


def high_water(pid: int) -> float:
    """The most memory that a process ever had, in MB; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def photos(folder: Path) -> Path:
    """``PHOTOS`` reddish or bluish photos of noise, made once."""
    if (folder / "made").exists():
        return folder
    for i in range(PHOTOS):
        dice, label = np.random.default_rng(i), CLASSES[i % len(CLASSES)]
        file = folder / label / f"{i:04d}.jpg"
        if file.exists():
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        coarse = dice.integers(40, 160, (30, 40, 3))
        coarse[..., 0 if label == "warm" else 2] += dice.integers(10, 60)
        photo = Image.fromarray(coarse.astype(np.uint8)).resize(SIDES, Image.Resampling.BILINEAR)
        photo.save(file.with_suffix(".part"), "JPEG", quality=60)
        file.with_suffix(".part").replace(file)
    (folder / "made").touch()
    return folder


def _children(process: psutil.Popen) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
