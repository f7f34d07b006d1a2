"""Integrated gradients of one picture, 50 steps: ours against Captum called with its own defaults."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from benchmarks.attribution import compared, plain, subject
from benchmarks.lines import Line, at_most
from core.attribution import METHODS_BY_NAME, explain
from core.device import MB, use_threads
from core.models.image_classifier import ImageClassifier

ROOT = Path(__file__).resolve().parent.parent
STEPS = 50


def measure() -> list[Line]:
    """Seconds of both, interleaved; peak extra memory of each in a process of its own; largest difference."""
    use_threads(1)
    classifier, pixels, target = subject()
    ours, captums = _ours(classifier, pixels, target), _captums(pixels, target)
    lines = compared("attribution-ig", ours, captums, 4, f"EfficientNet-lite0, {STEPS} steps, one thread")
    return [
        *lines,
        at_most("attribution-ig-memory", _peak("ours"), _peak("captum"), "MB", 0.25, "peak above the model"),
    ]


def _ours(classifier: ImageClassifier, pixels: Tensor, target: int) -> Callable[[], Tensor]:
    method = METHODS_BY_NAME["Integrated gradients"]
    return lambda: explain(classifier, method, pixels, target, n_steps=STEPS, more=False, baseline="grey").values


def _captums(pixels: Tensor, target: int) -> Callable[[], Tensor]:
    """The call from Captum's tutorial, on the network as `transformers` loads it."""
    _, forward = plain()
    method = IntegratedGradients(forward)
    return lambda: method.attribute(pixels.clone().requires_grad_(), target=target, n_steps=STEPS).detach()


def _peak(which: str) -> float:
    """Megabytes that one attribution takes at its peak beyond the loaded model, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.attribution_ig", which]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def _peak_inside(which: str) -> float:
    use_threads(1)
    classifier, pixels, target = subject()
    call = _ours(classifier, pixels, target) if which == "ours" else _captums(pixels, target)
    with torch.inference_mode():
        classifier.forward(pixels)  # what any first pass allocates is not the method's
    before = psutil.Process().memory_info().rss
    call()
    return (_high_water() - before) / MB


def _high_water() -> int:
    """The most bytes this process has held; ``ru_maxrss`` would count the process that started it too."""
    status = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    print(json.dumps(_peak_inside(sys.argv[1])))
