"""Classify texts with the model in this folder: python predict.py "some text" ["more text" ...]"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

FOLDER = Path(__file__).resolve().parent


def predict(texts: list[str]) -> list[dict[str, float]]:
    """Per text the probability of each class."""
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    model = AutoModelForSequenceClassification.from_pretrained(FOLDER, use_safetensors=True).eval()
    answers = []
    for text in texts:
        with torch.inference_mode():
            probs = model(**tokenizer(text, truncation=True, return_tensors="pt")).logits[0].softmax(0)
        answers.append({model.config.id2label[k]: float(prob) for k, prob in enumerate(probs)})
    return answers


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit('usage: python predict.py "some text" ["more text" ...]')
    for text, probs in zip(sys.argv[1:], predict(sys.argv[1:]), strict=True):
        print(text, *(f"{label}\t{prob:.6f}" for label, prob in sorted(probs.items(), key=lambda p: -p[1])), sep="\n  ")
