"""Integrated gradients

The mean gradient along the path from the baseline to the picture, times the path's length.
"""

from captum.attr import IntegratedGradients

from core.studies.takeaway.explain_baseline import baseline
from core.studies.takeaway.explain_picture import forward, pixels
from core.studies.takeaway.explain_settings import MORE, N_STEPS, TARGET

steps = N_STEPS
while True:
    values, delta = IntegratedGradients(forward).attribute(  # (1, 3, H, W)
        pixels.requires_grad_(),
        baselines=baseline,
        target=TARGET,
        n_steps=steps,
        internal_batch_size=4,
        return_convergence_delta=True,
    )
    gap = abs(float(delta) / float(values.sum() - delta))  # as a share of the change in the logit
    if gap < 0.01 or not MORE or 2 * steps > 400:
        break
    steps *= 2
print(f"{steps} steps; the values miss the change in the logit by {gap:.2%}.")
