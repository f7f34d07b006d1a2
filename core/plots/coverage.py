"""What a threshold for "unknown" costs and gives: how much is still answered, how much of that is right."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.plots import theme
from core.plots.curves import Curve, curves

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.finetuning.threshold import Coverage


def coverage(curve: "Sequence[Coverage]", chosen: float) -> "go.Figure":
    """Share answered and accuracy among the answers over the threshold, in percent; a line where it stands now."""
    told = [(c, c.accuracy) for c in curve if c.accuracy is not None]
    lines = [
        Curve("right", [100 * accuracy for _, accuracy in told], theme.FOR),
        Curve("answered", [100 * c.share for c, _ in told], theme.CONTROL, "dot"),
    ]
    x = [100 * c.threshold for c, _ in told]
    made = curves(x, lines, x_title="Unknown below, %", y_title="%", height=240)
    made.update_xaxes(range=[0, 100])
    made.add_vline(x=100 * chosen, line={"color": theme.AGAINST, "width": 2})
    return made
