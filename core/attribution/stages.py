"""The layers of a network as a visitor knows them: stages, each seeing the picture on a coarser grid than the last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.attribution.layers import Layer

_IDLE = ("Pad", "Dropout", "DropPath", "Identity")  # these compute nothing that the layer before them had not
_ACTIVATIONS = ("ReLU", "GELU", "SiLU", "Swish", "Activation")


@dataclass(frozen=True)
class Place:
    """A layer and where it stands.

    Attributes:
        stage: its stage, from 1; a stage is all that happens on one grid.
        stages: how many there are.
        step: which layer of its stage it is, from 1.
        shown: it stands for its stage: the last activation in it, or its last layer.
    """

    layer: Layer
    stage: int
    stages: int
    step: int
    shown: bool

    @property
    def title(self) -> str:
        """``Stage 3 of 5: 28 × 28 places, 240 channels``."""
        size = f"{self.layer.height} × {self.layer.width} places, {self.layer.channels} channels"
        which = "" if self.shown else f", layer {self.step} ({self.layer.kind})"
        return f"Stage {self.stage} of {self.stages}{which}: {size}"


def places(layers: Sequence[Layer], height: int, width: int) -> tuple[Place, ...]:
    """``layers`` in their stages, without those that compute nothing.

    Args:
        height, width: of the picture in pixels. Layers on a grid of another shape have their channels elsewhere.
    """
    working = [one for one in layers if one.height * width == one.width * height and not _is(one, _IDLE)]
    runs = [list(run) for _, run in groupby(working, key=lambda one: one.height)]
    return tuple(place for number, run in enumerate(runs, 1) for place in _of_stage(run, number, len(runs)))


def _of_stage(run: Sequence[Layer], stage: int, stages: int) -> Iterator[Place]:
    activations = [at for at, one in enumerate(run) if _is(one, _ACTIVATIONS)]
    shown = activations[-1] if activations else len(run) - 1
    for at, one in enumerate(run):
        yield Place(one, stage, stages, at + 1, at == shown)


def _is(layer: Layer, kinds: Sequence[str]) -> bool:
    return any(kind in layer.kind for kind in kinds)
