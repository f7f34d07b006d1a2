"""Classify pictures with the model in this folder: python predict.py picture.jpg [more.png ...]"""

import json
import sys
from pathlib import Path

import torch
from PIL import Image, ImageOps
from transformers import AutoImageProcessor, AutoModelForImageClassification

FOLDER = Path(__file__).resolve().parent
CARD = json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))
UNKNOWN_BELOW = CARD.get("unknown_below", 0.0)  # the answer is "unknown" where no class is at least this probable


def predict(paths: list[str]) -> list[dict[str, float]]:
    """Per picture the probability of each class."""
    processor = AutoImageProcessor.from_pretrained(FOLDER, backend="pil")
    model = AutoModelForImageClassification.from_pretrained(FOLDER, use_safetensors=True).eval()
    several = model.config.problem_type == "multi_label_classification"  # each class is judged by itself
    answers = []
    for path in paths:
        with Image.open(path) as image, torch.inference_mode():
            upright = ImageOps.exif_transpose(image).convert("RGB")  # a camera notes how it was held
            logits = model(**processor(upright, return_tensors="pt")).logits[0]
        probs = logits.sigmoid() if several else logits.softmax(0)
        answers.append(dict(zip(CARD["labels"], probs.tolist(), strict=True)))
    return answers


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python predict.py picture.jpg [more.png ...]")
    for path, probs in zip(sys.argv[1:], predict(sys.argv[1:]), strict=True):
        unknown = ["unknown"] if max(probs.values()) < UNKNOWN_BELOW else []
        lines = [f"{label}\t{prob:.6f}" for label, prob in sorted(probs.items(), key=lambda p: -p[1])]
        print(path, *unknown, *lines, sep="\n  ")
