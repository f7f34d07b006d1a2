"""Normalised infidelity (Yeh 2019): does the map foretell how far the logit falls when random parts are hidden?

With falls ``f`` and the map's sums over what was hidden ``m``, the error left after the best scale ``b ≥ 0`` of the
map, ``min_b mean((b · m - f)²) / mean(f²)``: 0 is a perfect foretelling, 1 is none. The scale makes maps in any unit
comparable, so multiplying a map by 100 changes nothing.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.attribution.base import Encoding, PictureClassifier, TextClassifier
from core.attribution.baselines import baseline_of
from core.attribution.guard import as_it_was
from core.attribution.metrics.controls import cell_grid, cell_sums
from core.attribution.metrics.deletion import PICTURES_AT_ONCE, erased
from core.attribution.token_ablation import hidden_logits
from core.attribution.words import word_groups

CAVEAT = "Says how well the map foretells what hiding parts does; hidden parts are unlike anything the model learned."
DRAWS = 48
CELL = 32  # pixels


@dataclass(frozen=True)
class Falls:
    """How far the logit fell in N draws that each hid half of P parts; they serve every map of the same input.

    Attributes:
        hidden: ``(N, P)``, whether a part was hidden.
        logits: ``(N,)``, the fall.
        cell: side in pixels of the square parts of a picture; None where the parts are words.
    """

    hidden: np.ndarray
    logits: np.ndarray
    cell: int | None = None


def infidelity(falls: Falls, one_map: np.ndarray) -> float:
    """In [0, 1], for a map ``(H, W)`` or the credit ``(W,)`` of words."""
    parts = one_map if falls.cell is None else cell_sums(one_map, falls.cell).ravel()
    return left_over(falls.hidden @ np.asarray(parts, dtype=float), falls.logits)


def left_over(foretold: np.ndarray, fell: np.ndarray) -> float:
    """``min over b ≥ 0 of mean((b · foretold - fell)²) / mean(fell²)``; 0 where nothing fell."""
    sizes = float(foretold @ foretold) * float(fell @ fell)
    if not sizes:
        return 1.0 if fell.any() else 0.0
    return 1.0 - max(float(foretold @ fell), 0.0) ** 2 / sizes


def falls_of_picture(
    classifier: PictureClassifier,
    pixels: Tensor,
    target: int,
    *,
    baseline: str = "blur",
    draws: int = DRAWS,
    cell: int = CELL,
    seed: int = 0,
) -> Falls:
    """What hiding half of the cells of ``pixels (1, 3, H, W)`` takes from the logit.

    Args:
        baseline: what stands where a cell is hidden.
    """
    rows, columns = cell_grid(pixels.shape[-2], pixels.shape[-1], cell)
    hidden = np.random.default_rng(seed).random((draws, rows * columns)) < 0.5
    ground = baseline_of(pixels, baseline, classifier.mean, classifier.std, seed)
    holes = torch.from_numpy(hidden.reshape(draws, rows, columns)).to(pixels.device)
    with classifier.lock, as_it_was(classifier.model), torch.inference_mode():
        whole = float(classifier.logits(pixels)[0, target])
        left = [
            classifier.logits(erased(pixels, ground, some, cell))[:, target].cpu()
            for some in torch.split(holes, PICTURES_AT_ONCE)
        ]
    return Falls(hidden, whole - torch.cat(left).double().numpy(), cell)


def falls_of_text(
    classifier: TextClassifier,
    encoding: Encoding,
    target: int,
    *,
    hide: str = "pad",
    draws: int = DRAWS,
    seed: int = 0,
) -> Falls:
    """What hiding half of the words takes from the logit."""
    groups = word_groups(encoding.word_ids)
    hidden = np.random.default_rng(seed).random((draws, len(groups))) < 0.5
    return Falls(hidden, falls_without(classifier, encoding, target, hidden, hide=hide))


def falls_without(
    classifier: TextClassifier, encoding: Encoding, target: int, hidden: np.ndarray, *, hide: str = "pad"
) -> np.ndarray:
    """``(N,)``: how far the logit falls when the words of each row of ``hidden (N, W)`` are hidden."""
    groups = word_groups(encoding.word_ids)
    tokens = torch.zeros(len(hidden) + 1, encoding.input_ids.shape[1], dtype=torch.bool)
    for word, group in enumerate(groups):
        tokens[1:, list(group)] = torch.from_numpy(hidden[:, word])[:, None]
    with classifier.lock, as_it_was(classifier.model), torch.inference_mode():
        logits = hidden_logits(classifier, encoding, tokens.to(encoding.input_ids.device), hide)[:, target]
    found = logits.double().cpu().numpy()
    return found[0] - found[1:]
