"""Name every pixel of a picture: ``python predict.py picture.png`` writes ``mask.png`` and prints the shares."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageStat
from transformers import AutoModelForSemanticSegmentation

SIDE = 96  # the network learned on squares of this size
FOLDER = Path(__file__).parent


def main(file: str) -> None:
    model = AutoModelForSemanticSegmentation.from_pretrained(FOLDER).eval()
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
        logits = model(pixel_values=pixels).logits
    logits = torch.nn.functional.interpolate(logits, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    logits = logits[:, :, top : top + height, left : left + width]
    logits = torch.nn.functional.interpolate(logits, size=picture.size[::-1], mode="bilinear", align_corners=False)
    mask = logits[0].argmax(0).numpy().astype(np.uint8)
    Image.fromarray(mask).save("mask.png")
    for kind, count in zip(*np.unique(mask, return_counts=True), strict=True):
        print(f"{count / mask.size:6.1%}  {model.config.id2label[int(kind)]}")


if __name__ == "__main__":
    main(sys.argv[1])
