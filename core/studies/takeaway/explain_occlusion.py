"""Occlusion

How far the logit falls where a square covers the picture, averaged over the squares that cover a pixel.
"""

import torch
from captum.attr import Occlusion

from core.studies.takeaway.explain_baseline import baseline
from core.studies.takeaway.explain_picture import forward, pixels
from core.studies.takeaway.explain_settings import STRIDE, TARGET, WINDOW

step = min(STRIDE, WINDOW)
with torch.no_grad():
    values = Occlusion(forward).attribute(
        pixels,
        sliding_window_shapes=(3, WINDOW, WINDOW),
        strides=(3, step, step),
        baselines=baseline,
        target=TARGET,
        perturbations_per_eval=8,
    )[:, :1]  # (1, 1, H, W): a square covers all channels at once
