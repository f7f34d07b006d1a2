"""Find things on a picture: ``python predict.py picture.png`` prints score, name and box in pixels, surest first."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageStat
from transformers import AutoModelForObjectDetection

SIDE = 96  # the network learned on squares of this size
SURE = 0.5
FOLDER = Path(__file__).parent


def main(file: str) -> None:
    model = AutoModelForObjectDetection.from_pretrained(FOLDER).eval()
    picture = Image.open(file).convert("RGB")
    scale = SIDE / max(picture.size)
    width, height = (max(round(side * scale), 1) for side in picture.size)
    small = picture.resize((width, height), Image.Resampling.BILINEAR)
    # The whole picture in its shape, on a square of its mean colour.
    square = Image.new("RGB", (SIDE, SIDE), tuple(round(mean) for mean in ImageStat.Stat(small).mean))
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    square.paste(small, (left, top))
    pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.inference_mode():
        answer = model(pixel_values=pixels)
    scores, kinds = answer.logits[0].softmax(-1)[:, :-1].max(-1)
    middles, sides = SIDE * answer.pred_boxes[0, :, :2], SIDE * answer.pred_boxes[0, :, 2:]
    corners = torch.cat([middles - sides / 2, middles + sides / 2], 1) - torch.tensor([left, top, left, top])
    for token in scores.argsort(descending=True).tolist():
        if scores[token] >= SURE:
            box = ", ".join(f"{value / scale:.0f}" for value in corners[token].tolist())
            print(f"{scores[token]:6.1%}  {model.config.id2label[int(kinds[token])]}: {box}")


if __name__ == "__main__":
    main(sys.argv[1])
