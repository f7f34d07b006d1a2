"""The model and the picture"""

from PIL import Image
from torch import Tensor
from transformers import AutoImageProcessor, AutoModelForImageClassification

from core.studies.takeaway.explain_settings import MODEL, PICTURE, REVISION, TARGET

processor = AutoImageProcessor.from_pretrained(MODEL, revision=REVISION, backend="pil")
network = AutoModelForImageClassification.from_pretrained(MODEL, revision=REVISION, use_safetensors=True)
network.eval().requires_grad_(False)
picture = Image.open(PICTURE).convert("RGB")
pixels = processor(picture, return_tensors="pt")["pixel_values"]  # (1, 3, H, W)


def forward(pixels: Tensor) -> Tensor:
    """Logits (B, K) of pixels (B, 3, H, W)."""
    return network(pixel_values=pixels).logits


print(f"The logit of class {TARGET} is {forward(pixels)[0, TARGET]:.4f}.")
