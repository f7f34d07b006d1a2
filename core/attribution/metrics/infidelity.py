"""Infidelity (Yeh 2019), normalised: how badly a map foretells what hiding random parts does to the class's logit.

Hide a random set of parts: the map foretells a fall by the sum of its values there, the model shows the true one. The
foretold falls may be multiplied by one number before they are compared, the one that fits best, since only the map's
proportions are on trial; so the figure lies between 0 (foretells perfectly) and 1 (foretells nothing), and a map times
a hundred gives the same.
"""

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


def normalised(foretold: np.ndarray, moved: np.ndarray) -> float:
    """``min_b mean((b · foretold - moved)²) / mean(moved²)`` of N draws; 1 where the map foretells nothing at all."""
    sizes = float(foretold @ foretold) * float(moved @ moved)
    if not sizes:
        return 1.0 if moved.any() else 0.0
    return 1.0 - max(float(foretold @ moved), 0.0) ** 2 / sizes


def of_picture(
    classifier: PictureClassifier,
    pixels: Tensor,
    one_map: np.ndarray,
    target: int,
    *,
    baseline: str = "blur",
    draws: int = DRAWS,
    cell: int = CELL,
    seed: int = 0,
) -> float:
    """Normalised infidelity of a map ``(H, W)`` of ``pixels (1, 3, H, W)``, hiding half of the cells at random.

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
    moved = whole - torch.cat(left).double().numpy()
    return normalised(hidden @ cell_sums(one_map, cell).ravel(), moved)


def of_text(
    classifier: TextClassifier,
    encoding: Encoding,
    values: np.ndarray,
    target: int,
    *,
    hide: str = "pad",
    draws: int = DRAWS,
    seed: int = 0,
) -> float:
    """The same for the credit of W words, hiding half of them at random."""
    groups = word_groups(encoding.word_ids)
    hidden = np.random.default_rng(seed).random((draws, len(groups))) < 0.5
    tokens = torch.zeros(draws, encoding.input_ids.shape[1], dtype=torch.bool, device=encoding.input_ids.device)
    for word, group in enumerate(groups):
        tokens[:, list(group)] = torch.from_numpy(hidden[:, word]).to(tokens.device)[:, None]
    with classifier.lock, as_it_was(classifier.model), torch.inference_mode():
        nothing = torch.zeros_like(tokens[:1])
        logits = hidden_logits(classifier, encoding, torch.cat([nothing, tokens]), hide)[:, target]
    found = logits.double().cpu().numpy()
    return normalised(hidden @ np.asarray(values, dtype=float), found[0] - found[1:])
