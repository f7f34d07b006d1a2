"""Occlusion of one picture, 169 windows: ours against Captum with its own defaults."""

from captum.attr import Occlusion
from torch import Tensor

from benchmarks.attribution import compared, plain, subject
from benchmarks.lines import Line
from core.attribution import METHODS_BY_NAME, explain
from core.device import use_threads

WINDOW, STRIDE = 32, 16


def measure() -> list[Line]:
    """Seconds of both; the tutorial's call, gradients left on as they are by default."""
    use_threads(1)
    classifier, pixels, target = subject()
    _, forward = plain()

    def captums() -> Tensor:
        method = Occlusion(forward)
        made = method.attribute(pixels, (3, WINDOW, WINDOW), strides=(3, STRIDE, STRIDE), target=target)
        return made[:, 0].detach()

    def ours() -> Tensor:
        options = {"window": WINDOW, "stride": STRIDE, "baseline": "grey"}
        return explain(classifier, METHODS_BY_NAME["Occlusion"], pixels, target, **options).maps

    note = f"EfficientNet-lite0, windows of {WINDOW} every {STRIDE} pixels, one thread"
    return compared("attribution-occlusion", ours, captums, 1.6, note)
