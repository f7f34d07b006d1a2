"""The model and the picture"""

import torch
from PIL import Image
from torch import Tensor
from transformers import AutoImageProcessor, AutoModelForImageClassification

from core.studies.takeaway.explain_settings import MODEL, PICTURE, REVISION, TARGET

processor = AutoImageProcessor.from_pretrained(MODEL, revision=REVISION, backend="pil")
network = AutoModelForImageClassification.from_pretrained(MODEL, revision=REVISION, use_safetensors=True)
network.eval().requires_grad_(False)
picture = Image.open(PICTURE).convert("RGB")
seen = processor(picture, do_rescale=False, do_normalize=False, return_tensors="pt")["pixel_values"]  # resized and cut
mean, std = (torch.tensor(numbers).view(1, 3, 1, 1) for numbers in (processor.image_mean, processor.image_std))
# Rounded as on the page: where a ReLU bends, a difference in the seventh digit can be seen in a gradient.
pixels = seen.float() * (1 / (255 * std)) - mean / std  # (1, 3, H, W)


def forward(pixels: Tensor) -> Tensor:
    """Logits (B, K) of pixels (B, 3, H, W)."""
    return network(pixel_values=pixels).logits


print(f"The logit of class {TARGET} is {forward(pixels)[0, TARGET]:.4f}.")
