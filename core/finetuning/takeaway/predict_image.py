"""Classify pictures with the model in this folder: python predict.py picture.jpg [more.png ...]"""

import sys
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

FOLDER = Path(__file__).resolve().parent


def predict(paths: list[str]) -> list[dict[str, float]]:
    """Per picture the probability of each class."""
    processor = AutoImageProcessor.from_pretrained(FOLDER, backend="pil")
    model = AutoModelForImageClassification.from_pretrained(FOLDER, use_safetensors=True).eval()
    answers = []
    for path in paths:
        with Image.open(path) as image, torch.inference_mode():
            pixels = processor(image.convert("RGB"), return_tensors="pt")
            probs = model(**pixels).logits[0].softmax(0)
        answers.append({model.config.id2label[k]: float(prob) for k, prob in enumerate(probs)})
    return answers


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python predict.py picture.jpg [more.png ...]")
    for path, probs in zip(sys.argv[1:], predict(sys.argv[1:]), strict=True):
        print(path, *(f"{label}\t{prob:.6f}" for label, prob in sorted(probs.items(), key=lambda p: -p[1])), sep="\n  ")
