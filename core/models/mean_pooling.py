"""A sentence encoder as a stock BERT classifier: mean pooling written in the weights of one more layer.

`BertForSequenceClassification` reads the first token through ``tanh(dense)``, but sentence encoders put the meaning
of a text in the *mean* of its tokens. So that a fine-tuned model loads anywhere with plain `transformers`, a layer is
appended whose weights compute the mean:

- queries and keys are zero, so attention is uniform over the unmasked tokens; values are the identity: the mean;
- the attention's output is that mean times 1000, so that the residual of the first token hardly counts, and the layer
  norm brings it back to unit variance: ``LN(1000 · mean + first) ≈ LN(mean)``;
- the feed-forward half adds zero;
- the pooler is ``tanh(x / 8)``, nearly a straight line at unit variance.

So the classifier's features are ``tanh(LN(mean) / 8)``, one batch of texts beside another or alone.
"""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.device import device
from core.models.text_encoder import MAX_TOKENS, batches, mean_of

if TYPE_CHECKING:
    from transformers import BertForSequenceClassification, BertModel

MEAN_WEIGHT = 1000.0
POOLER_SCALE = 1 / 8
_EPS = 1e-12  # of BERT's layer norms


def with_mean_pooling(bert: "BertModel", labels: Sequence[str]) -> "BertForSequenceClassification":
    """A stock classifier over ``bert``'s mean-pooled features, its last linear layer new.

    Args:
        bert: the encoder; copied, never changed.
        labels: K class names in the order of the logits.

    Returns:
        the classifier, all parameters trainable, one layer deeper than ``bert``.
    """
    from transformers import BertForSequenceClassification

    config: Any = copy.deepcopy(bert.config)
    config.num_hidden_layers += 1
    config.classifier_dropout = 0.0
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: i for i, label in enumerate(labels)}
    config.architectures = ["BertForSequenceClassification"]
    model = BertForSequenceClassification(config)
    # The new layer's and the pooler's tensors are not in the encoder's list, or are overwritten below.
    model.bert.load_state_dict(bert.state_dict(), strict=False)
    _average(model.bert.encoder.layer[-1])
    assert model.bert.pooler is not None
    _set(model.bert.pooler.dense, POOLER_SCALE)
    return model.eval()


def averaged(hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
    """``(B, D)``: the classifier's features if its averaging layer stood right above ``hidden_states (B, T, D)``."""
    sums = MEAN_WEIGHT * mean_of(hidden_states, attention_mask) + hidden_states[:, 0]
    normed = F.layer_norm(F.layer_norm(sums, sums.shape[1:], eps=_EPS), sums.shape[1:], eps=_EPS)
    return (normed * POOLER_SCALE).tanh()


def keep_layers(model: "BertForSequenceClassification", count: int) -> None:
    """Drop all layers of ``model`` between the first ``count`` and the one that computes the mean."""
    layers: Any = model.bert.encoder.layer
    model.bert.encoder.layer = nn.ModuleList([*layers[:count], layers[-1]])
    model.config.num_hidden_layers = count + 1


def pooled_features(model: "BertForSequenceClassification", tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """``(N, D)``: what the classifier's last linear layer reads, texts of like length in one batch, no gradient."""
    features = torch.empty(len(texts), model.config.hidden_size)
    if not texts:
        return features
    ids = tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)["input_ids"]
    model.eval()
    with torch.inference_mode():
        for rows, input_ids, attention_mask in batches(ids, tokenizer.pad_token_id):
            outputs = model.bert(input_ids=input_ids.to(device()), attention_mask=attention_mask.to(device()))
            features[rows] = outputs.pooler_output.float().cpu()
    return features.clone()  # outside inference mode: a head may be trained on it


def _average(layer: Any) -> None:
    """Give a BERT layer the weights that put the mean of all tokens on every token."""
    attention = layer.attention
    _set(attention.self.query, 0.0)
    _set(attention.self.key, 0.0)
    _set(attention.self.value, 1.0)
    _set(attention.output.dense, MEAN_WEIGHT)
    _set(layer.intermediate.dense, 0.0)
    _set(layer.output.dense, 0.0)
    for norm in (attention.output.LayerNorm, layer.output.LayerNorm):
        nn.init.ones_(norm.weight)
        nn.init.zeros_(norm.bias)


def _set(linear: nn.Linear, diagonal: float) -> None:
    """``linear(x) = diagonal · x``, or zero where the sides differ and ``diagonal`` is 0."""
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    if diagonal:
        with torch.no_grad():
            linear.weight.fill_diagonal_(diagonal)
