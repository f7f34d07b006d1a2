"""The network

A pretrained sentence encoder, as a stock BERT classifier. BERT reads a text's first token, but sentence encoders put
the meaning in the mean of all tokens; so one more layer is added whose weights compute the mean. It never learns.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, BertForSequenceClassification

from core.finetuning.takeaway.repeat_examples import examples
from core.finetuning.takeaway.repeat_settings import BASE, DEPTH, LABELS, MAX_SEQ_LENGTH, REVISION

tokenizer = AutoTokenizer.from_pretrained(BASE, revision=REVISION)
encoder = AutoModel.from_pretrained(BASE, revision=REVISION, use_safetensors=True)
config: Any = AutoConfig.from_pretrained(
    BASE,
    revision=REVISION,
    num_labels=len(LABELS),
    num_hidden_layers=DEPTH + 1,
    classifier_dropout=0.0,
    attn_implementation="eager",
)
stock: Any = BertForSequenceClassification(config).requires_grad_(False)
stock.bert.load_state_dict(encoder.state_dict(), strict=False)


@torch.no_grad()
def multiply_by(number: float, linear: nn.Linear) -> None:
    """Let a linear layer do nothing but this."""
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    if number:
        linear.weight.fill_diagonal_(number)


mean: Any = stock.bert.encoder.layer[-1]
multiply_by(0, mean.attention.self.query)  # nothing asked, nothing sought: all tokens get the same attention
multiply_by(0, mean.attention.self.key)
multiply_by(1, mean.attention.self.value)
multiply_by(1000, mean.attention.output.dense)  # so that the token itself, which is added, hardly counts
multiply_by(0, mean.intermediate.dense)
multiply_by(0, mean.output.dense)
multiply_by(1 / 8, stock.bert.pooler.dense)  # tanh is nearly a straight line there
for norm in (mean.attention.output.LayerNorm, mean.output.LayerNorm):
    nn.init.ones_(norm.weight)
    nn.init.zeros_(norm.bias)


class Network(nn.Module):
    """The stock classifier, with what its last layer reads."""

    def __init__(self) -> None:
        super().__init__()
        self.stock = stock
        self.head = stock.classifier

    def features(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.stock.bert(input_ids=input_ids, attention_mask=attention_mask).pooler_output  # (B, D)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.stock(input_ids=input_ids, attention_mask=attention_mask).logits  # (B, K)


def inputs(rows: list[int]) -> dict[str, Tensor]:
    """What the network reads of these examples."""
    texts = [examples[row]["text"] for row in rows]
    read = tokenizer(
        texts, padding=True, pad_to_multiple_of=16, truncation=True, max_length=MAX_SEQ_LENGTH, return_tensors="pt"
    )
    return {"input_ids": read["input_ids"], "attention_mask": read["attention_mask"]}


def passes(rows: list[int]) -> list[list[int]]:
    """A batch in equal parts of at most 1024 tokens, to go through the network one after another in less memory."""
    count = math.ceil(len(rows) * max(sizes[row] for row in rows) / 1024)
    size = math.ceil(len(rows) / count)
    return [rows[at : at + size] for at in range(0, len(rows), size)]


network = Network().eval()
stem, blocks, top = [], list(stock.bert.encoder.layer[:-1]), []
counts = [len(tokenizer(e["text"], truncation=True, max_length=MAX_SEQ_LENGTH)["input_ids"]) for e in examples]
sizes = [math.ceil(count / 16) * 16 for count in counts]  # with padding
