"""Classify texts with the model in this folder: python predict.py "some text" ["more text" ...]"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

FOLDER = Path(__file__).resolve().parent
CARD = json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))
UNKNOWN_BELOW = CARD.get("unknown_below", 0.0)  # the answer is "unknown" where no class is at least this probable


def predict(texts: list[str]) -> list[dict[str, float]]:
    """Per text the probability of each class."""
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    model = AutoModelForSequenceClassification.from_pretrained(FOLDER, use_safetensors=True).eval()
    several = model.config.problem_type == "multi_label_classification"  # each class is judged by itself
    answers = []
    for text in texts:
        with torch.inference_mode():
            logits = model(**tokenizer(text, truncation=True, return_tensors="pt")).logits[0]
        probs = logits.sigmoid() if several else logits.softmax(0)
        answers.append(dict(zip(CARD["labels"], probs.tolist(), strict=True)))
    return answers


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit('usage: python predict.py "some text" ["more text" ...]')
    for text, probs in zip(sys.argv[1:], predict(sys.argv[1:]), strict=True):
        unknown = ["unknown"] if max(probs.values()) < UNKNOWN_BELOW else []
        lines = [f"{label}\t{prob:.6f}" for label, prob in sorted(probs.items(), key=lambda p: -p[1])]
        print(text, *unknown, *lines, sep="\n  ")
