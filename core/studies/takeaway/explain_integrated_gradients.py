"""Integrated gradients

The mean gradient along the path from the baseline to the picture, times the path's length. Where the values miss the
change in the logit most, the path is walked again in two halves.
"""

import torch
from captum.attr import IntegratedGradients

from core.studies.takeaway.explain_baseline import baseline
from core.studies.takeaway.explain_picture import forward, pixels
from core.studies.takeaway.explain_settings import MORE, N_STEPS, TARGET


def stretch(start, end, steps):
    """Start, end, values (1, 3, H, W) and gap in logits of a part of the path."""
    values, delta = IntegratedGradients(forward).attribute(
        baseline.lerp(pixels, end).requires_grad_(),
        baselines=baseline.lerp(pixels, start),
        target=TARGET,
        n_steps=steps,
        internal_batch_size=4,
        return_convergence_delta=True,
    )
    return start, end, values.detach(), float(delta)


stretches, steps = [stretch(0.0, 1.0, N_STEPS)], N_STEPS
while True:
    values, delta = torch.stack([one[2] for one in stretches]).sum(0), sum(one[3] for one in stretches)
    gap = abs(delta / float(values.sum() - delta))  # as a share of the change in the logit
    if gap < 0.01 or not MORE or steps + 16 > 400:
        break
    worst = max(stretches, key=lambda one: abs(one[3]))
    stretches.remove(worst)
    middle = (worst[0] + worst[1]) / 2
    stretches += [stretch(worst[0], middle, 8), stretch(middle, worst[1], 8)]
    steps += 16
print(f"{steps} steps; the values miss the change in the logit by {gap:.2%}.")
