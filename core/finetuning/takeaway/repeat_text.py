"""The network

A pretrained sentence encoder reads a text as tokens (T) and gives each a vector (D). Their mean stands for the text.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from core.finetuning.takeaway.repeat_examples import examples
from core.finetuning.takeaway.repeat_settings import BASE, DEPTH, LABELS, MAX_SEQ_LENGTH, REVISION

tokenizer = AutoTokenizer.from_pretrained(BASE, revision=REVISION)
encoder = AutoModel.from_pretrained(BASE, revision=REVISION, use_safetensors=True)
encoder.encoder.layer = encoder.encoder.layer[:DEPTH]  # the layers above tell these classes apart less well, or none


class Network(nn.Module):
    """The encoder, the mean of its tokens, and a new linear layer for the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.config.hidden_size, len(LABELS))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def features(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (B, T, D)
        mask = attention_mask[..., None].float()  # padding does not count
        mean = (states * mask).sum(1) / mask.sum(1)  # (B, D)
        # Written so that a stock BERT classifier computes the same: to one part in a thousand this is the mean.
        return torch.tanh(F.layer_norm(1000 * mean + states[:, 0], mean.shape[1:]) / 8)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.head(self.features(input_ids, attention_mask))  # (B, K)


def inputs(rows: list[int]) -> dict[str, Tensor]:
    """What the network reads of these examples."""
    texts = [examples[row]["text"] for row in rows]
    read = tokenizer(texts, padding=True, truncation=True, max_length=MAX_SEQ_LENGTH, return_tensors="pt")
    return {"input_ids": read["input_ids"], "attention_mask": read["attention_mask"]}


network = Network().eval().requires_grad_(False)
