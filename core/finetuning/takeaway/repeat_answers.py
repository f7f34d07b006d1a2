"""The answers

How often the network is right on examples that it never learned from, beside what the run reported.
"""

import json
from pathlib import Path

import torch

from core.finetuning.takeaway.repeat_examples import held_out
from core.finetuning.takeaway.repeat_one_class import probs_of, right
from core.finetuning.takeaway.repeat_settings import ACCURACY
from core.finetuning.takeaway.repeat_text import inputs, network

network.eval()
with torch.inference_mode():
    parts = [held_out[start : start + 16] for start in range(0, len(held_out), 16)]
    probs = probs_of(torch.cat([network(**inputs(part)) for part in parts]))  # (H, K)
accuracy = float(right(probs, held_out).float().mean())
print(f"{accuracy:.1%} of {len(held_out)} held-out examples are right; the run reported {ACCURACY:.1%}")
answers = {"accuracy": accuracy, "rows": held_out, "probs": probs.tolist()}
Path("answers.json").write_text(json.dumps(answers), encoding="utf-8")
