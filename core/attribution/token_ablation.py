"""Token ablation: hide each word in turn and see how far the logit falls."""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.attribution.base import Attribution, Encoding, Method, TextClassifier
from core.attribution.watch import Watched
from core.attribution.words import units
from core.params import Choice

TEXTS_AT_ONCE = 32


def token_ablation(
    classifier: TextClassifier, encoding: Encoding, target: int, *, groups: Sequence[Sequence[int]], hide: str = "pad"
) -> Tensor:
    """How far the logit falls when each group of tokens is hidden, shared evenly among the group's tokens.

    Args:
        groups: positions of tokens that are hidden together, such as the pieces of one word.
        hide: as in `hidden`.

    Returns:
        ``(1, T)`` in logits; 0 for tokens of no group.
    """
    values = torch.zeros(encoding.input_ids.shape, device=encoding.input_ids.device)
    if not groups:
        return values
    hides = torch.zeros(len(groups), values.shape[1], dtype=torch.bool, device=values.device)
    for row, group in enumerate(groups):
        hides[row, list(group)] = True
    with torch.inference_mode():
        whole = classifier.forward(encoding.input_ids, encoding.attention_mask)[0, target]
        falls = (whole - hidden_logits(classifier, encoding, hides, hide)[:, target]).tolist()
    for group, fall in zip(groups, falls, strict=True):
        values[0, list(group)] = fall / len(group)
    return values


def hidden_logits(classifier: TextClassifier, encoding: Encoding, hides: Tensor, hide: str) -> Tensor:
    """Logits ``(N, K)`` of the text with the tokens of each row of ``hides (N, T)`` hidden, in bounded batches.

    ``hide`` is ``mask`` (the model's mask token stands there) or ``pad`` (padding that attention does not see).
    """
    token = classifier.mask_token_id if hide == "mask" else classifier.pad_token_id
    logits = []
    for rows in torch.split(hides, TEXTS_AT_ONCE):
        ids = encoding.input_ids.expand(len(rows), -1).masked_fill(rows, token)
        mask = encoding.attention_mask.expand(len(rows), -1)
        logits.append(classifier.forward(ids, mask.masked_fill(rows, 0) if hide == "pad" else mask.clone()))
    return torch.cat(logits)


def _attribute(classifier: Watched, encoding: Encoding, target: int, *, unit: str, hide: str) -> Attribution:
    groups = units(encoding, unit)
    classifier.watch.expect(len(groups) + 1)
    return Attribution(token_ablation(classifier, encoding, target, groups=groups, hide=hide), target)


HIDE = Choice(
    "hide",
    "Hide with",
    ("pad", "mask"),
    "pad",  # a sentence encoder never saw its mask token in training: with it, every word of a text can look harmful
    help="What stands in a hidden word's place: padding that the model does not see, or its mask token.",
    titles=("Padding", "Mask token"),
)
UNIT = Choice(
    "unit",
    "Hide at once",
    ("word", "token", "sentence"),
    "word",
    help="A rare word is several tokens to the model.",
    titles=("A word", "A token", "A sentence"),
)
METHOD = Method(
    name="Token ablation",
    kind="text",
    family="perturbation",
    attribute=_attribute,
    signed=True,
    params=(UNIT, HIDE),
    reference="https://arxiv.org/abs/1612.08220",
    summary="Hides the text word by word and shows how far the logit falls without each.",
)
