"""Grad-CAM

The maps of one layer, each weighted by how much the logit asks for it, enlarged to the picture.
"""

from typing import Any

import torch.nn.functional as F
from captum.attr import LayerGradCam

from core.studies.takeaway.explain_picture import forward, network, pixels
from core.studies.takeaway.explain_settings import LAYER, TARGET

cam: Any = LayerGradCam(forward, network.get_submodule(LAYER))
coarse = cam.attribute(pixels.requires_grad_(), target=TARGET, relu_attributions=True)  # (1, 1, h, w)
values = F.interpolate(coarse, size=pixels.shape[-2:], mode="bilinear", align_corners=False)
