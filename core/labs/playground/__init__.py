"""The 2-D playground: watch a small network learn where one class of points ends and the other begins."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.lab import Frame, Lab
from core.labs.playground.experiment import SPAN, run
from core.labs.playground.program import code
from core.labs.playground.settings import FEATURES, LIVE, PRESETS, Settings
from core.labs.playground.words import readings, says
from core.plots import playground as plots

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def figures(settings: Settings, frames: Sequence[Frame]) -> Mapping[str, "Figure"]:
    """The network with what each neuron sees, the decision surface, and the curves."""
    now = frames[-1]
    return {
        "Decision surface": plots.surface(now.arrays, SPAN, certain=settings.loss == "cross_entropy"),
        "Network": plots.network(now.arrays, FEATURES[settings.features], SPAN),
        "Loss": plots.losses(frames),
    }


LAB = Lab(
    slug="playground",
    title="2-D playground",
    summary="Train a small network on points in the plane and watch every neuron.",
    topics=(
        "neuron",
        "ReLU",
        "sigmoid",
        "tanh",
        "weight initialisation",
        "batch normalisation",
        "dropout",
        "gradient descent",
        "mean squared error",
        "cross-entropy",
        "ANN",
    ),
    settings=Settings,
    run=run,
    figures=figures,
    says=says,
    code=code,
    live=LIVE,
    presets=PRESETS,
    readings=readings,
    layout=((9, 11), (3, 2)),
)
