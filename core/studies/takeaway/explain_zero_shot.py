"""The model and the text

A sentence encoder sorts a text without training: it belongs to the label whose sentence is nearest in meaning.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

from core.studies.takeaway.explain_settings import (
    LABELS,
    MAX_TOKENS,
    MODEL,
    REVISION,
    SENTENCE,
    SHARPNESS,
    TARGET,
    TEXT,
)

tokenizer = AutoTokenizer.from_pretrained(MODEL, revision=REVISION)
encoder = AutoModel.from_pretrained(MODEL, revision=REVISION, use_safetensors=True)
encoder.eval().requires_grad_(False)
embeddings = encoder.get_input_embeddings()


def vectors(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Unit vectors (B, D): the mean of the tokens' vectors, padding left out."""
    states = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (B, T, D)
    mask = attention_mask[..., None].float()
    return F.normalize((states * mask).sum(1) / mask.sum(1).clamp(min=1), dim=1)


def read_text(text: str) -> Any:
    """The text as tokens."""
    return tokenizer(text, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")


named = [read_text(SENTENCE.replace("{}", label)) for label in LABELS]
label_vectors = torch.cat([vectors(one["input_ids"], one["attention_mask"]) for one in named])  # (K, D)


def forward(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Logits (B, K) of tokens (B, T)."""
    return SHARPNESS * vectors(input_ids, attention_mask) @ label_vectors.T


read = read_text(TEXT)
input_ids, attention_mask = read["input_ids"], read["attention_mask"]  # (1, T) each
word_ids = read.word_ids(0)  # per token its word; None for the model's own marks
print(f"The logit of class {TARGET} is {forward(input_ids, attention_mask)[0, TARGET]:.4f}.")
