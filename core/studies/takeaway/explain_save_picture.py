"""The result

A number a pixel in attribution.csv, and the picture with orange for the class and blue against it.
"""

from pathlib import Path

import torch
from PIL import Image

from core.studies.takeaway.explain_integrated_gradients import values
from core.studies.takeaway.explain_picture import mean, pixels, std

one_map = values.detach()[0].sum(0)  # (H, W)
rows = [",".join(f"{value:.9g}" for value in row) for row in one_map.tolist()]
Path("attribution.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

grey = (pixels.detach() * std + mean).clamp(0, 1)[0].mean(0)  # (H, W)
strength = (one_map / one_map.abs().quantile(0.99).clamp(min=1e-12)).clamp(-1, 1)
orange, blue = torch.tensor([217, 119, 43]) / 255, torch.tensor([59, 111, 182]) / 255
colour = torch.where(strength[..., None] >= 0, orange, blue)  # (H, W, 3)
drawn = torch.lerp((0.25 + 0.65 * grey)[..., None].expand(-1, -1, 3), colour, 0.85 * strength.abs()[..., None])
Image.fromarray((255 * drawn).round().byte().numpy()).save("attribution.png")
