"""Inside the network: what a layer answers, what it contributes, and which pictures excite one of its channels most."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from captum.attr import LayerConductance
from torch import Tensor, nn

from core.attribution.base import PictureClassifier
from core.attribution.baselines import baseline_of
from core.attribution.guard import as_it_was
from core.attribution.integrated_gradients import POINTS_AT_ONCE
from core.errors import PlaygroundError

PICTURES_AT_ONCE = 8
_REACH = 3  # a patch shows the cell and one cell around it: what excites it lies mostly there


@dataclass(frozen=True)
class Layer:
    """A layer that gives feature maps: its name in the network, its class, and C channels of h by w places."""

    name: str
    kind: str
    channels: int
    height: int
    width: int


@dataclass(frozen=True)
class Patch:
    """Where a picture excites a channel most.

    Attributes:
        picture: which of the pictures, from 0.
        value: the channel's answer there.
        row, column: the place on the layer's grid, from 0.
        box: ``(left, upper, right, lower)`` in pixels, around what excites it.
    """

    picture: int
    value: float
    row: int
    column: int
    box: tuple[int, int, int, int]


def layers(classifier: PictureClassifier, pixels: Tensor) -> tuple[Layer, ...]:
    """The layers that give feature maps for ``pixels (1, 3, H, W)``, in the order in which they run."""
    found: dict[str, Layer] = {}

    def noting(name: str):
        def note(module: nn.Module, arguments: object, output: object) -> None:
            if isinstance(output, Tensor) and output.dim() == 4 and output.shape[-1] > 1:
                found.setdefault(name, Layer(name, type(module).__name__, *map(int, output.shape[1:])))

        return note

    with _quiet(classifier):
        for name, module in classifier.model.named_modules():
            if name and not any(module.children()):
                module.register_forward_hook(noting(name))
        with torch.no_grad():
            classifier.forward(pixels)
    return tuple(found.values())


def feature_maps(classifier: PictureClassifier, pixels: Tensor, layer: str) -> Tensor:
    """``(B, C, h, w)``: what ``layer`` answers to ``pixels (B, 3, H, W)``.

    Raises:
        PlaygroundError: no such layer, or one that gives no feature maps.
    """
    module, kept = _module(classifier, layer), []
    with _quiet(classifier), torch.no_grad():
        module.register_forward_hook(lambda m, i, output: kept.append(output))
        for some in pixels.split(PICTURES_AT_ONCE):
            classifier.forward(some)
    if not all(isinstance(maps, Tensor) and maps.dim() == 4 for maps in kept):
        raise PlaygroundError(f"The layer {layer[:60]} gives no feature maps: choose another.")
    return torch.cat(kept).detach()


def conductance(
    classifier: PictureClassifier,
    pixels: Tensor,
    layer: str,
    target: int,
    *,
    n_steps: int = 20,
    baseline: str = "black",
) -> Tensor:
    """``(1, C, h, w)`` in logits: how much of integrated gradients flows through each unit (Dhamdhere 2018).

    Summed over the layer it is the change of the logit from the baseline, as for the picture itself.
    """
    module = _module(classifier, layer)
    start = baseline_of(pixels, baseline, classifier.mean, classifier.std)
    with _quiet(classifier), torch.enable_grad():
        values = LayerConductance(classifier.forward, module).attribute(
            pixels.detach().clone().requires_grad_(),
            baselines=start,
            target=target,
            n_steps=n_steps,
            internal_batch_size=POINTS_AT_ONCE,
        )
    assert isinstance(values, Tensor)
    return values.detach()


def most_exciting(
    classifier: PictureClassifier, pictures: Tensor, layer: str, channel: int, *, top: int = 9
) -> list[Patch]:
    """The ``top`` of ``pictures (N, 3, H, W)`` where ``channel`` of ``layer`` answers most, one place each.

    Raises:
        PlaygroundError: no such layer or channel.
    """
    maps = feature_maps(classifier, pictures, layer)
    if not 0 <= channel < maps.shape[1]:
        raise PlaygroundError(f"There is no channel {channel}: choose one from 0 to {maps.shape[1] - 1}.")
    height, width = maps.shape[-2:]
    values, places = maps[:, channel].flatten(1).max(1)
    patches = []
    for picture in values.argsort(descending=True)[:top].tolist():
        row, column = divmod(int(places[picture]), width)
        box = _box(row, column, (height, width), (pictures.shape[-2], pictures.shape[-1]))
        patches.append(Patch(picture, float(values[picture]), row, column, box))
    return patches


def _box(row: int, column: int, grid: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    edges = []
    for at, cells, side in ((column, grid[1], size[1]), (row, grid[0], size[0])):
        cell = side / cells
        low, high = (at - _REACH // 2) * cell, (at + 1 + _REACH // 2) * cell
        edges.append((max(0, round(low)), min(side, round(high))))
    (left, right), (upper, lower) = edges
    return left, upper, right, lower


def _module(classifier: PictureClassifier, layer: str) -> nn.Module:
    found = dict(classifier.model.named_modules()).get(layer) if layer else None
    if found is None:
        raise PlaygroundError(f"The model has no layer called {layer[:60]!r}: choose one from the list.")
    return found


@contextmanager
def _quiet(classifier: PictureClassifier) -> Iterator[None]:
    """The model locked, and as it was afterwards, whatever hooks were put on it."""
    with classifier.lock, as_it_was(classifier.model):
        yield
