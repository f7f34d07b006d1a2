"""Hide a text's words in the order of their credit, or show them in that order, and watch the class's probability.

Comprehensiveness and sufficiency are those of ERASER (DeYoung 2020), averaged over all steps instead of a few.
"""

from collections.abc import Sequence

import numpy as np
import torch

from core.attribution.base import Encoding, TextClassifier
from core.attribution.guard import as_it_was
from core.attribution.metrics.base import KINDS, Band, Curve, Erased, steps_of
from core.attribution.token_ablation import HIDE, hidden_logits
from core.attribution.words import word_groups
from core.params import IntRange

COMPREHENSIVENESS_CAVEAT = "A text without its strongest words is one that the model never met."
SUFFICIENCY_CAVEAT = "A few words alone are hardly a text; near 0 says that they carry the answer, even so."
CAVEAT = "A text with holes is unlike any that the model has seen, so compare with words hidden in random order."
PARAMS = (HIDE, IntRange("draws", "Draws of the control", 2, 20, 5, help="More: a fairer comparison, slower."))


def trust_text_curves(
    classifier: TextClassifier,
    encoding: Encoding,
    values: Sequence[float],
    target: int,
    *,
    steps: int = 20,
    draws: int = 5,
    hide: str = "pad",
    seed: int = 0,
) -> dict[Erased, Curve]:
    """Deletion and insertion curves of one text beside words in random order.

    Args:
        values: the credit of each word, in the order of `core.attribution.words.words`.
        hide: ``mask`` or ``pad``, as in token ablation.
    """
    groups = word_groups(encoding.word_ids)
    assert len(values) == len(groups), f"{len(values)} values for {len(groups)} words"
    rng = np.random.default_rng(seed)
    own = np.argsort(-np.asarray(values, dtype=float), kind="stable")
    orders = [own, *(rng.permutation(len(groups)) for _ in range(draws))]
    counts = steps_of(len(groups), steps)
    fractions = counts / max(len(groups), 1)
    curves: dict[Erased, Curve] = {}
    with classifier.lock, as_it_was(classifier.model), torch.inference_mode():
        for kind in KINDS:
            hides = torch.stack(
                [_hides(encoding, groups, one[:n], kind) for one in orders for n in counts]
            )  # (orders * S, T)
            logits = hidden_logits(classifier, encoding, hides, hide)
            probs = logits.softmax(-1)[:, target].cpu().numpy().reshape(len(orders), -1)
            curves[kind] = Curve(kind, fractions, probs[0], {"shuffled": Band("random orders", probs[1:], fractions)})
    return curves


def comprehensiveness(curve: Curve) -> float:
    """How much probability is lost when the strongest words go, averaged over how many: large is good.

    Args:
        curve: the deletion curve.
    """
    return float(curve.probs[0] - curve.probs[1:].mean())


def sufficiency(curve: Curve) -> float:
    """How much probability the strongest words alone fall short of the whole text: small is good.

    Args:
        curve: the insertion curve.
    """
    return float(curve.probs[-1] - curve.probs[:-1].mean())


def _hides(encoding: Encoding, groups: Sequence[Sequence[int]], taken: np.ndarray, kind: Erased) -> torch.Tensor:
    """``(T,)``: which tokens are hidden once the words ``taken`` are hidden, or shown and all others hidden."""
    chosen = set(taken.tolist())
    row = torch.zeros(encoding.input_ids.shape[1], dtype=torch.bool, device=encoding.input_ids.device)
    for index, group in enumerate(groups):
        if (index in chosen) == (kind == "deletion"):
            row[list(group)] = True
    return row
