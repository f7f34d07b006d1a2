"""Layer DeepLift: compare every activation with its value on padding, and hand the difference down."""

import torch
from torch import Tensor

from core.attribution.base import Attribution, Encoding, Method, TextClassifier
from core.attribution.deep_lift import gap, secants, sum_note
from core.attribution.layer_integrated_gradients import BASELINE, nothing
from core.attribution.slopes import output_and_slope
from core.attribution.watch import Watched


def layer_deep_lift(
    classifier: TextClassifier, encoding: Encoding, target: int, *, baseline_ids: Tensor
) -> tuple[Tensor, Tensor]:
    """Each token's contribution to the difference from ``baseline_ids (1, T)`` (Shrikumar 2017, rescale rule).

    Curves follow the rule; attention and layer norm have none and follow the plain gradient, hence the gap.

    Returns:
        ``values (1, T)`` in logits, summed over the embedding, and ``delta (1,)`` as in integrated gradients.
    """
    logits: list[Tensor] = []

    def keeping(*inputs: Tensor) -> Tensor:
        logits.append(classifier.forward(*inputs))
        return logits[-1]

    ids = torch.cat([encoding.input_ids, baseline_ids])
    mask = encoding.attention_mask.expand_as(ids)
    with secants(classifier.model):
        states, slopes = output_and_slope(keeping, classifier.embedding_layer, ids, mask, target=target)  # (2, T, D)
    values = (slopes[:1] * (states[:1] - states[1:])).sum(-1)
    return values, gap(values, logits[0].detach()[:, target])


def _attribute(classifier: Watched, encoding: Encoding, target: int, *, baseline: str) -> Attribution:
    ids = nothing(classifier, encoding, baseline)  # pyright: ignore[reportArgumentType]
    values, delta = layer_deep_lift(classifier, encoding, target, baseline_ids=ids)  # pyright: ignore[reportArgumentType]
    return Attribution(values, target, delta=delta, baseline=ids, notes=sum_note(values, delta))


METHOD = Method(
    name="Layer DeepLift",
    kind="text",
    family="rules",
    attribute=_attribute,
    signed=True,
    params=(BASELINE,),
    reference="https://arxiv.org/abs/1704.02685",
    summary="Compares every activation with its value on padding; attention has no rule, so its sum can miss.",
)
