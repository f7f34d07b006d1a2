"""Layer integrated gradients: integrated gradients from the embeddings of padding to those of the text."""

from dataclasses import replace

import torch
from captum.attr import LayerIntegratedGradients
from torch import Tensor

from core.attribution.base import Attribution, Encoding, Method, TextClassifier
from core.attribution.integrated_gradients import GOOD_SHARE, MOST_STEPS, gap_note, gap_share
from core.attribution.room import at_once
from core.attribution.watch import Watched
from core.params import Choice, IntRange, Toggle

POINTS_AT_ONCE = 8  # path points in one batch; bounds the memory of long texts


def layer_integrated_gradients(
    classifier: TextClassifier,
    encoding: Encoding,
    target: int,
    *,
    baseline_ids: Tensor,
    n_steps: int = 50,
    points_at_once: int = POINTS_AT_ONCE,
) -> tuple[Tensor, Tensor]:
    """Credit each token's embedding for moving the logit from its value on ``baseline_ids (1, T)``.

    Token ids cannot be walked between, their embeddings can: the path runs there (Sundararajan 2017, section 3).

    Returns:
        ``values (1, T)`` in logits, summed over the embedding, and ``delta (1,)`` as in integrated gradients.
    """
    values, delta = LayerIntegratedGradients(classifier.forward, classifier.embedding_layer).attribute(
        encoding.input_ids,
        baselines=baseline_ids,
        additional_forward_args=(encoding.attention_mask,),
        target=target,
        n_steps=n_steps,
        internal_batch_size=points_at_once,
        return_convergence_delta=True,
    )
    assert isinstance(values, Tensor) and isinstance(delta, Tensor)
    return values.sum(-1).detach(), delta.detach()


def nothing(classifier: TextClassifier, encoding: Encoding, baseline: str) -> Tensor:
    """``(1, T)``: the text with every word replaced by padding or the mask token.

    The model's own marks at both ends stay, so that it is something that the model can read.
    """
    token = classifier.pad_token_id if baseline == "pad" else classifier.mask_token_id
    special = torch.tensor([[word is None for word in encoding.word_ids]], device=encoding.input_ids.device)
    return torch.where(special, encoding.input_ids, torch.full_like(encoding.input_ids, token))


def _attribute(
    classifier: Watched, encoding: Encoding, target: int, *, n_steps: int, more: bool, baseline: str
) -> Attribution:
    ids = nothing(classifier, encoding, baseline)  # pyright: ignore[reportArgumentType]
    example = (encoding.input_ids, encoding.attention_mask)
    points = at_once(classifier.model, classifier.forward, *example, gradient=True, most=POINTS_AT_ONCE)
    while True:
        classifier.watch.expect(n_steps + 2)
        values, delta = layer_integrated_gradients(
            classifier,  # pyright: ignore[reportArgumentType]
            encoding,
            target,
            baseline_ids=ids,
            n_steps=n_steps,
            points_at_once=points,
        )
        made = Attribution(values, target, delta=delta, baseline=ids)
        share = gap_share(values, delta)
        if share < GOOD_SHARE:
            return made
        if not more or 2 * n_steps > MOST_STEPS:
            return replace(made, notes=(gap_note(share, n_steps),))
        classifier.watch.offer(made)
        n_steps *= 2


BASELINE = Choice(
    "baseline",
    "Baseline",
    ("pad", "mask"),
    "pad",
    help="The token that means nothing is here.",
    titles=("Padding", "Mask token"),
)
METHOD = Method(
    name="Layer integrated gradients",
    kind="text",
    family="gradients",
    attribute=_attribute,
    signed=True,
    params=(
        IntRange("n_steps", "Path steps", 5, 200, 50, help="More steps: slower, and a smaller completeness gap."),
        Toggle("more", "More steps until the gap is below 1 %", True, help="Doubles the steps, up to 400."),
        BASELINE,
    ),
    reference="https://arxiv.org/abs/1703.01365",
    summary="Follows the text's embeddings from a baseline and credits each word for its share of the change.",
    preview={"n_steps": 8, "more": False},
)
