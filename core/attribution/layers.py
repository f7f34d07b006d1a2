"""Inside the network: what a layer answers, what it contributes, and which pictures excite one of its channels most."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

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
    report: Callable[[float], None] | None = None,
) -> Tensor:
    """``(1, C, h, w)`` in logits: how much of integrated gradients flows through each unit (Dhamdhere 2018).

    Summed over the layer it is the change of the logit from the baseline, as for the picture itself. ``report`` is
    told the fraction done before each pass; what it raises ends the work.
    """
    module = _module(classifier, layer)
    start = baseline_of(pixels, baseline, classifier.mean, classifier.std)
    seen = 0

    def forward(some: Tensor) -> Tensor:
        nonlocal seen
        if report:
            report(min(seen / (n_steps + 1), 1.0))
        seen += len(some)
        return classifier.forward(some)

    with _quiet(classifier), torch.enable_grad():
        values = LayerConductance(forward, module).attribute(
            pixels.detach().clone().requires_grad_(),
            baselines=start,
            target=target,
            n_steps=n_steps,
            internal_batch_size=POINTS_AT_ONCE,
        )
    assert isinstance(values, Tensor)
    return values.detach()


@dataclass(frozen=True)
class Peaks:
    """The strongest answer of each of C channels to each of N pictures, and where on the layer's grid it is.

    Attributes:
        values: ``(N, C)``.
        means: ``(N, C)``, over all places: they decide between equal peaks, as of an activation with a ceiling.
        places: ``(N, C)``, the cell, counted row by row.
        grid: the layer's ``(height, width)``.
        size: the pictures' ``(height, width)`` in pixels.
    """

    values: Tensor
    means: Tensor
    places: Tensor
    grid: tuple[int, int]
    size: tuple[int, int]

    def patches(self, channel: int, top: int = 9) -> list[Patch]:
        """The ``top`` pictures that excite ``channel`` most, one place each.

        Raises:
            PlaygroundError: no such channel.
        """
        if not 0 <= channel < self.values.shape[1]:
            raise PlaygroundError(f"There is no channel {channel}: choose one from 0 to {self.values.shape[1] - 1}.")
        values, places = self.values[:, channel], self.places[:, channel]
        found = []
        order = self.means[:, channel].argsort(descending=True, stable=True)
        order = order[values[order].argsort(descending=True, stable=True)]
        for picture in order[:top].tolist():
            row, column = divmod(int(places[picture]), self.grid[1])
            box = _box(row, column, self.grid, self.size)
            found.append(Patch(picture, float(values[picture]), row, column, box))
        return found


def peaks(classifier: PictureClassifier, pictures: Sequence[Callable[[], Tensor]], layer: str) -> Iterator[Peaks]:
    """The peaks of all channels of ``layer``, after each few pictures those of all so far.

    Args:
        pictures: each gives pixels ``(1, 3, H, W)`` when it is called, so that never all are in memory.

    Raises:
        PlaygroundError: no such layer, or one that gives no feature maps.
    """
    values, means, places = [], [], []
    for first in range(0, len(pictures), PICTURES_AT_ONCE):
        some = torch.cat([make() for make in pictures[first : first + PICTURES_AT_ONCE]])
        maps = feature_maps(classifier, some, layer)
        best = maps.flatten(2).max(2)  # (n, C) each
        values.append(best.values)
        means.append(maps.mean((2, 3)))
        places.append(best.indices)
        grid, size = (maps.shape[-2], maps.shape[-1]), (some.shape[-2], some.shape[-1])
        yield Peaks(torch.cat(values), torch.cat(means), torch.cat(places), grid, size)


def most_exciting(
    classifier: PictureClassifier, pictures: Tensor, layer: str, channel: int, *, top: int = 9
) -> list[Patch]:
    """The ``top`` of ``pictures (N, 3, H, W)`` where ``channel`` of ``layer`` answers most, one place each.

    Raises:
        PlaygroundError: no such layer or channel.
    """
    *_, found = peaks(classifier, [partial(torch.clone, one) for one in pictures.split(1)], layer)
    return found.patches(channel, top)


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
