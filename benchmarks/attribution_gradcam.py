"""Grad-CAM of one picture: ours against Captum's LayerGradCam with its own defaults, enlarged the same way."""

import torch.nn.functional as F
from captum.attr import LayerGradCam
from torch import Tensor

from benchmarks.attribution import compared, plain, subject
from benchmarks.lines import Line
from core.attribution import METHODS_BY_NAME, explain
from core.device import use_threads

TIMES = 10  # one takes some twenty milliseconds


def measure() -> list[Line]:
    """Seconds of ten of each."""
    use_threads(1)
    classifier, pixels, target = subject()
    model, forward = plain()
    layer = model.get_submodule("efficientnet.encoder.top_activation")

    def captums() -> Tensor:
        coarse = LayerGradCam(forward, layer).attribute(pixels, target=target, relu_attributions=True)
        assert isinstance(coarse, Tensor)
        return F.interpolate(coarse, size=pixels.shape[-2:], mode="bilinear", align_corners=False)[:, 0].detach()

    def ours() -> Tensor:
        return explain(classifier, METHODS_BY_NAME["Grad-CAM"], pixels, target).maps

    def ten(call):
        return lambda: [call() for _ in range(TIMES)][-1]

    note = f"EfficientNet-lite0, {TIMES} times, one thread"
    return compared("attribution-gradcam", ten(ours), ten(captums), 1.3, note)
