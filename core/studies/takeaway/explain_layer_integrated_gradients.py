"""Layer integrated gradients

The mean gradient along the path from the embeddings of "nothing" to those of the text, times the path's length.
"""

from typing import Any

import torch
from captum.attr import LayerIntegratedGradients

from core.studies.takeaway.explain_settings import BASELINE, MORE, N_STEPS, TARGET
from core.studies.takeaway.explain_text import attention_mask, embeddings, forward, input_ids, tokenizer, word_ids

nothing = tokenizer.pad_token_id if BASELINE == "pad" else tokenizer.mask_token_id
own_marks = torch.tensor([[word is None for word in word_ids]])
baseline_ids = torch.where(own_marks, input_ids, nothing)
path: Any = LayerIntegratedGradients(forward, embeddings)
steps = N_STEPS
while True:
    values, delta = path.attribute(
        input_ids,
        baselines=baseline_ids,
        additional_forward_args=(attention_mask,),
        target=TARGET,
        n_steps=steps,
        internal_batch_size=8,
        return_convergence_delta=True,
    )
    values = values.sum(-1)  # (1, T)
    gap = abs(float(delta) / float(values.sum() - delta))  # as a share of the change in the logit
    if gap < 0.01 or not MORE or 2 * steps > 400:
        break
    steps *= 2
print(f"{steps} steps; the values miss the change in the logit by {gap:.2%}.")
