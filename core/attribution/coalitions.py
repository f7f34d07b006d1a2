"""Players that can be present or absent: regions of a picture, words of a text. What hides parts plays with them."""

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from core.attribution.base import Attribution, Encoding
from core.attribution.baselines import choice
from core.attribution.room import at_once
from core.attribution.token_ablation import HIDE, UNIT, hidden_logits
from core.attribution.watch import Clock, Watched
from core.attribution.words import units
from core.params import Choice, IntRange, Param

PICTURES_AT_ONCE = 2  # more do not fit the processor's cache, and take longer each
TEXTS_AT_ONCE = 32
_PLACE = 0.35  # weight of place against colour in a superpixel, both scaled to their spread and the region's side
_ROUNDS = 8  # of k-means; regions hardly move after


class Game(Protocol):
    """What is asked of whoever knows the network: the logit when only some players are present."""

    @property
    def players(self) -> int: ...

    def logits(self, present: Tensor) -> Tensor:
        """``(N,)``: the class's logit for each row of ``present (N, P)``."""
        ...

    def expect(self, coalitions: int) -> None:
        """So many will be asked for."""
        ...

    def offer(self, credit: Tensor) -> None:
        """A rough answer ``(P,)``, should the visitor stop now."""
        ...


Solve = Callable[[Game], Tensor]
"""A game → credit ``(P,)`` of each player."""


class Regions:
    """A picture ``(1, 3, H, W)`` whose regions (``places (H, W)``, numbered from 0) give way to a baseline."""

    def __init__(self, classifier: Watched, pixels: Tensor, target: int, baseline: Tensor, places: Tensor) -> None:
        self.players = int(places.max()) + 1
        self.places, self._pixels, self._baseline = places, pixels, baseline
        self._logits, self._target = classifier.logits, target
        self._rows = at_once(
            classifier.gradient_model, classifier.gradients, pixels, gradient=False, most=PICTURES_AT_ONCE
        )
        self._watch = classifier.watch

    def logits(self, present: Tensor) -> Tensor:
        found = []
        with torch.inference_mode():
            for some in present.to(self._pixels.device).split(self._rows):
                batch = torch.where(some[:, self.places][:, None], self._pixels, self._baseline)  # (n, 3, H, W)
                batch = batch.contiguous(memory_format=torch.channels_last)
                found.append(self._logits(batch)[:, self._target].cpu())
        return torch.cat(found).float().clone()

    def expect(self, coalitions: int) -> None:
        self._watch.expect(coalitions)

    def offer(self, credit: Tensor) -> None:
        self._watch.offer(Attribution(self.map(credit), self._target, baseline=self._baseline))

    def map(self, credit: Tensor) -> Tensor:
        """``(1, 3, H, W)``: each region's credit shared evenly among its pixels and channels, so that sums are kept."""
        sizes = torch.bincount(self.places.flatten().cpu(), minlength=self.players)
        each = (credit / sizes / 3)[self.places.cpu()]
        return each.expand(1, 3, -1, -1).clone().to(self._pixels)


class Words:
    """A text whose words (or tokens, or sentences) are hidden."""

    def __init__(self, classifier: Watched, encoding: Encoding, target: int, unit: str, hide: str) -> None:
        self.groups = units(encoding, unit)
        self.players = len(self.groups)
        self._classifier, self._encoding, self._target, self._hide = classifier, encoding, target, hide
        self._watch = classifier.watch
        self._member = torch.zeros(self.players, encoding.input_ids.shape[1], dtype=torch.bool)
        for row, group in enumerate(self.groups):
            self._member[row, list(group)] = True
        self._rows = at_once(
            classifier.model,
            classifier.forward,
            encoding.input_ids,
            encoding.attention_mask,
            gradient=False,
            most=TEXTS_AT_ONCE,
        )

    def logits(self, present: Tensor) -> Tensor:
        hides = ((~present.cpu()).float() @ self._member.float()) > 0  # (N, T)
        hides = hides.to(self._encoding.input_ids.device)
        with torch.inference_mode():
            found = [
                hidden_logits(self._classifier, self._encoding, some, self._hide)[:, self._target].cpu()
                for some in hides.split(self._rows)
            ]
        return torch.cat(found).float().clone()

    def expect(self, coalitions: int) -> None:
        self._watch.expect(coalitions)

    def offer(self, credit: Tensor) -> None:
        self._watch.offer(Attribution(self.map(credit), self._target))

    def map(self, credit: Tensor) -> Tensor:
        """``(1, T)``: each unit's credit shared evenly among its tokens; 0 for the model's own marks."""
        values = torch.zeros(self._encoding.input_ids.shape)
        for share, group in zip(credit.tolist(), self.groups, strict=True):
            values[0, list(group)] = share / len(group)
        return values.to(self._encoding.input_ids.device)


def play_picture(
    classifier: Watched, pixels: Tensor, target: int, solve: Solve, baseline: str, regions: str, count: int, sums: bool
) -> Attribution:
    """``solve`` played on each picture of ``pixels (B, 3, H, W)``; ``sums``: whether its credits promise the change."""
    start = classifier.baseline(pixels, baseline)
    values, deltas = [], []
    for picture, cover in zip(pixels[:, None], start[:, None], strict=True):
        places = grid(picture, count) if regions == "grid" else superpixels(picture, count)
        game = Regions(classifier, picture, target, cover, places)
        credit = solve(game)
        values.append(game.map(credit))
        deltas.append(_gap(game, credit) if sums else None)
    delta = torch.stack([d for d in deltas if d is not None]) if sums else None
    return Attribution(torch.cat(values), target, delta=delta, baseline=start)


def play_text(
    classifier: Watched, encoding: Encoding, target: int, solve: Solve, unit: str, hide: str, sums: bool
) -> Attribution:
    """``solve`` played on one text; a text without words gets no credit at all."""
    game = Words(classifier, encoding, target, unit, hide)
    if not game.players:
        return Attribution(torch.zeros(encoding.input_ids.shape), target)
    credit = solve(game)
    return Attribution(game.map(credit), target, delta=_gap(game, credit).view(1) if sums else None)


def answers(game: Game, present: Tensor, rough: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """``(N,)``: the logits of ``present (N, P)``; now and then ``rough(present so far, logits so far)`` is offered."""
    game.expect(len(present))
    clock, found = Clock(), torch.empty(0)
    for some in present.split(TEXTS_AT_ONCE):
        found = torch.cat([found, game.logits(some)])
        if clock.due() and game.players < len(found) < len(present):
            game.offer(rough(present[: len(found)], found))
    return found


def _gap(game: Game, credit: Tensor) -> Tensor:
    present = torch.stack([torch.ones(game.players), torch.zeros(game.players)]).bool()
    whole, nothing = game.logits(present)
    return credit.sum() - (whole - nothing)


def grid(picture: Tensor, count: int) -> Tensor:
    """``(H, W)``: about ``count`` squares, numbered row by row."""
    side = max(1, round(count**0.5))
    rows, columns = (torch.arange(n) * side // n for n in picture.shape[-2:])
    _, places = (rows[:, None] * side + columns).unique(return_inverse=True)
    return places.to(picture.device)


def superpixels(picture: Tensor, count: int) -> Tensor:
    """``(H, W)``: about ``count`` regions of like colour, by k-means on colour and place (Achanta 2012).

    The centres start on a grid, so the same picture gives the same regions.
    """
    height, width = picture.shape[-2:]
    side = max(1, round(count**0.5))
    step = max(height, width) / side
    colours = F.avg_pool2d(F.pad(picture, (1, 1, 1, 1), mode="replicate"), 3, stride=1)[0]  # a little calmer
    colours = colours / colours.flatten(1).std(1).mean().clamp(min=1e-6)
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    where = torch.stack([rows, columns]).to(colours) / step / _PLACE
    points = torch.cat([colours, where]).flatten(1).T  # (H * W, 5)
    ys, xs = (((torch.arange(side) + 0.5) * n / side).long() for n in (height, width))
    centres = points.view(height, width, 5)[ys[:, None], xs].reshape(-1, 5)  # (side², 5)
    nearest = torch.cdist(points, centres).argmin(1)
    for _ in range(_ROUNDS):
        counts = torch.bincount(nearest, minlength=len(centres))[:, None]
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
        nearest = torch.cdist(points, centres).argmin(1)
    _, places = nearest.unique(return_inverse=True)
    return places.view(height, width)


REGIONS: tuple[Param, ...] = (
    Choice(
        "regions",
        "Regions",
        ("superpixels", "grid"),
        "superpixels",
        help="What is hidden together: patches of like colour, or squares.",
        titles=("Of like colour", "Squares"),
    ),
    IntRange("count", "How many regions", 9, 196, 49, help="More: finer, slower, noisier."),
    choice("grey", help="What stands where a region is hidden."),
)
UNITS: tuple[Param, ...] = (UNIT, HIDE)
SEED = IntRange(
    "seed", "Seed", 0, 9999, 0, help="Another draw; where the map changes, take more samples.", advanced=True
)


def samples(default: int, label: str = "Samples") -> IntRange:
    """The control for how many coalitions are tried."""
    return IntRange("n_samples", label, 10, 2000, default, help="More: less noise, slower.")


def seeded(seed: int) -> torch.Generator:
    """The dice of one run."""
    return torch.Generator().manual_seed(seed)
