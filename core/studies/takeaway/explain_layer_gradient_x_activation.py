"""Layer gradient × activation

Each token's embedding times the gradient of the logit there.
"""

from typing import Any

import torch
from captum.attr import LayerGradientXActivation

from core.studies.takeaway.explain_settings import TARGET
from core.studies.takeaway.explain_text import attention_mask, embeddings, forward, input_ids, word_ids

layer: Any = LayerGradientXActivation(forward, embeddings)
found = layer.attribute(input_ids, additional_forward_args=(attention_mask,), target=TARGET)  # (1, T, D)
own_marks = torch.tensor([[word is None for word in word_ids]])
values = found.sum(-1).masked_fill(own_marks, 0.0)  # (1, T)
