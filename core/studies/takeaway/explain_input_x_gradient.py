"""Input × gradient

Each pixel's value times the gradient of the logit there.
"""

from captum.attr import InputXGradient

from core.studies.takeaway.explain_picture import forward, pixels
from core.studies.takeaway.explain_settings import TARGET

values = InputXGradient(forward).attribute(pixels.requires_grad_(), target=TARGET)  # (1, 3, H, W)
