"""Layer integrated gradients: integrated gradients from the embeddings of padding to those of the text."""

import torch
from captum.attr import LayerIntegratedGradients
from torch import Tensor

from core.attribution.base import Attribution, Encoding, Method, TextClassifier
from core.params import Choice, IntRange

POINTS_AT_ONCE = 8  # path points in one batch; bounds the memory of long texts


def layer_integrated_gradients(
    classifier: TextClassifier, encoding: Encoding, target: int, *, baseline_ids: Tensor, n_steps: int = 50
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
        internal_batch_size=POINTS_AT_ONCE,
        return_convergence_delta=True,
    )
    assert isinstance(values, Tensor) and isinstance(delta, Tensor)
    return values.sum(-1).detach(), delta.detach()


def _attribute(
    classifier: TextClassifier, encoding: Encoding, target: int, *, n_steps: int, baseline: str
) -> Attribution:
    nothing = classifier.pad_token_id if baseline == "pad" else classifier.mask_token_id
    special = torch.tensor([[word is None for word in encoding.word_ids]], device=encoding.input_ids.device)
    # The model's own marks at both ends stay, so that the whole path is something that it can read.
    ids = torch.where(special, encoding.input_ids, torch.full_like(encoding.input_ids, nothing))
    values, delta = layer_integrated_gradients(classifier, encoding, target, baseline_ids=ids, n_steps=n_steps)
    return Attribution(values, target, delta=delta, baseline=ids)


METHOD = Method(
    name="Layer integrated gradients",
    kind="text",
    attribute=_attribute,
    signed=True,
    params=(
        IntRange("n_steps", "Path steps", 5, 200, 50, help="More steps: slower, and a smaller completeness gap."),
        Choice(
            "baseline",
            "Baseline",
            ("pad", "mask"),
            "pad",
            help="The token that means nothing is here.",
            titles=("Padding", "Mask token"),
        ),
    ),
    reference="https://arxiv.org/abs/1703.01365",
    summary="Follows the text's embeddings from a baseline and credits each word for its share of the change.",
)
