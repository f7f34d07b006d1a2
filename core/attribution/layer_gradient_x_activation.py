"""Layer gradient × activation: each token's embedding times how the logit reacts to it."""

import torch

from core.attribution.base import Attribution, Encoding, Method
from core.attribution.slopes import output_and_slope
from core.attribution.watch import Watched
from core.params import Choice


def _attribute(classifier: Watched, encoding: Encoding, target: int, *, sum_by: str) -> Attribution:
    states, slopes = output_and_slope(
        classifier.forward, classifier.embedding_layer, encoding.input_ids, encoding.attention_mask, target=target
    )
    values = (states * slopes).sum(-1)  # (1, T)
    if sum_by == "length":  # the sign of the product, the size of the slope
        values = values.sign() * slopes.norm(dim=-1)
    own = torch.tensor([[word is None for word in encoding.word_ids]], device=values.device)
    return Attribution(values.masked_fill(own, 0.0), target)


METHOD = Method(
    name="Layer gradient × activation",
    kind="text",
    family="gradients",
    attribute=_attribute,
    signed=True,
    params=(
        Choice(
            "sum_by",
            "Size",
            ("product", "length"),
            "product",
            help="The product is a share of the logit; the gradient's length says how touchy the answer is there.",
            titles=("Of the product", "Of the gradient"),
        ),
    ),
    reference="https://arxiv.org/abs/1605.01713",
    summary="Multiplies each word's embedding by the slope of the logit there: a first guess at its share.",
)
