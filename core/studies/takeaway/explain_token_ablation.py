"""Token ablation

How far the logit falls when a group of tokens is hidden, shared evenly among them.
"""

import torch
from captum.attr import FeatureAblation
from torch import Tensor

from core.studies.takeaway.explain_settings import GROUPS, HIDE, TARGET
from core.studies.takeaway.explain_text import attention_mask, forward, input_ids, tokenizer

hidden = tokenizer.pad_token_id if HIDE == "pad" else tokenizer.mask_token_id
group_of = torch.zeros_like(input_ids)  # (1, T); 0 are the tokens that nobody hides
sizes = torch.ones_like(input_ids)
for number, positions in enumerate(GROUPS, start=1):
    group_of[0, positions] = number
    sizes[0, positions] = len(positions)


def answer(ids: Tensor) -> Tensor:
    """Logits of ids of which some are hidden; attention does not see padding."""
    return forward(ids, attention_mask * (ids != hidden) if HIDE == "pad" else attention_mask)


with torch.no_grad():
    falls = FeatureAblation(answer).attribute(input_ids, baselines=hidden, target=TARGET, feature_mask=group_of)
values = (falls / sizes).masked_fill(group_of == 0, 0.0)  # (1, T)
