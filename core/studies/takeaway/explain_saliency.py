"""Saliency

The size of the gradient of the logit at each pixel.
"""

from captum.attr import Saliency

from core.studies.takeaway.explain_picture import forward, pixels
from core.studies.takeaway.explain_settings import TARGET

values = Saliency(forward).attribute(pixels.requires_grad_(), target=TARGET, abs=True)  # (1, 3, H, W)
