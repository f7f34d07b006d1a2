"""A fine-tuning run in pictures: its curves while it learns, its confusions, its accuracy with the doubt."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from core.plots import theme
from core.plots.curves import spread

if TYPE_CHECKING:
    from core.finetuning.report import Report

_ROOM = 0.24  # share of the width kept free at the right for the curves' names
_APART = 0.1
_SHADES = ((0.0, theme.rgba(theme.AGAINST, 0.0)), (1.0, theme.rgba(theme.AGAINST, 0.55)))
_MOST_COUNTED = 15  # classes beyond which cells are too small for numbers
_MOST_NAMED = 24  # characters of a class name on an axis


def loss_curves(history: Sequence[Mapping[str, Any]], *, best_epoch: int | None = None, height: int = 240) -> go.Figure:
    """Training and validation loss (cross-entropy, nats) by epoch; ``best_epoch`` marks the one that was kept."""
    return _curves(history, "loss", "Loss", best_epoch, height, percent=False)


def accuracy_curves(
    history: Sequence[Mapping[str, Any]], *, best_epoch: int | None = None, height: int = 240
) -> go.Figure:
    """Training and validation accuracy by epoch, in percent."""
    return _curves(history, "accuracy", "Right, %", best_epoch, height, percent=True)


def confusion(report: "Report", *, height: int | None = None) -> go.Figure:
    """Counts of held-out examples: row the class, column the prediction; shaded by the share of the row.

    Every cell carries ``customdata`` ``(target, predicted)``, so that a page can open the examples behind a click.
    """
    labels = [theme.plain(_short(label)) for label in report.labels]
    shares = [[count / max(sum(row), 1) for count in row] for row in report.confusion]
    heat = go.Heatmap(
        z=shares,
        zmin=0,
        zmax=1,
        colorscale=_SHADES,
        showscale=False,
        xgap=2,
        ygap=2,
        customdata=[[(t, p) for p in range(len(labels))] for t in range(len(labels))],
        hovertext=[
            [f"{t}, answered {p}: {report.confusion[i][j]}" for j, p in enumerate(labels)] for i, t in enumerate(labels)
        ],
        hoverinfo="text",
    )
    places = list(range(len(labels)))
    made = theme.figure(heat, height=height or max(220, 90 + 38 * len(labels)), x="Answer", y="Class")
    made.update_xaxes(tickvals=places, ticktext=labels, showgrid=False, fixedrange=True, side="top")
    made.update_yaxes(tickvals=places, ticktext=labels, showgrid=False, fixedrange=True, autorange="reversed")
    if len(labels) <= _MOST_COUNTED:
        _counts(made, report.confusion)
    return made


def accuracy(report: "Report", *, height: int = 130) -> go.Figure:
    """Held-out accuracy with its 95 % interval, on the scale from 0 to 100 %, beside the majority class."""
    own, majority = 100 * report.accuracy, 100 * report.majority_accuracy
    interval = go.Scatter(
        x=[100 * report.low, 100 * report.high],
        y=[0, 0],
        mode="lines",
        line={"color": theme.rgba(theme.FOR, 0.45), "width": 10},
        hovertemplate="95 % interval: %{x:.1f} %<extra></extra>",
    )
    point = go.Scatter(
        x=[own],
        y=[0],
        mode="markers",
        marker={"color": theme.FOR, "size": 16},
        hovertemplate="this model: %{x:.1f} %<extra></extra>",
    )
    always = go.Scatter(
        x=[majority],
        y=[0],
        mode="markers",
        marker={"color": theme.CONTROL, "size": 16, "symbol": "line-ns-open", "line": {"width": 3}},
        hovertemplate=f"always {theme.plain(_short(report.majority_label))}: %{{x:.1f}} %<extra></extra>",
    )
    made = theme.figure(interval, always, point, height=height, x="Right on held-out examples, %")
    made.update_xaxes(range=[-2, 103], tickvals=[0, 25, 50, 75, 100], fixedrange=True)
    made.update_yaxes(visible=False, range=[-1, 1], fixedrange=True)
    _mark(made, own, f"this model {own:.0f}", theme.FOR, above=True)
    _mark(made, majority, f"majority class {majority:.0f}", theme.CONTROL, above=False)
    return made


def describe(report: "Report") -> str:
    """The same in words, for those who do not see the figures."""
    wrong = [
        (report.confusion[t][p], report.labels[t], report.labels[p])
        for t in range(len(report.labels))
        for p in range(len(report.labels))
        if t != p and report.confusion[t][p]
    ]
    if not wrong:
        return f"{report.verdict} No class was taken for another."
    count, target, predicted = max(wrong)
    times = "once" if count == 1 else f"{count} times"
    return f"{report.verdict} The commonest mistake: {target!r} taken for {predicted!r}, {times}."


def _counts(figure: go.Figure, counts: Sequence[Sequence[int]]) -> None:
    """Each cell's number as a note, which takes the page's colour of text; the map's own text would not."""
    for target, row in enumerate(counts):
        for predicted, count in enumerate(row):
            if count:
                figure.add_annotation(x=predicted, y=target, text=str(count), showarrow=False, font={"size": 15})


def _mark(figure: go.Figure, x: float, text: str, colour: str, *, above: bool) -> None:
    anchor = "left" if x < 12 else "right" if x > 88 else "center"
    figure.add_annotation(
        x=x,
        y=0.35 if above else -0.35,
        text=text,
        showarrow=False,
        xanchor=anchor,
        yanchor="bottom" if above else "top",
        font={"color": colour, "size": 13},
    )


def _curves(
    history: Sequence[Mapping[str, Any]], what: str, title: str, best_epoch: int | None, height: int, *, percent: bool
) -> go.Figure:
    scale = 100 if percent else 1
    epochs = [record["epoch"] for record in history]
    lines = (("train", "training", theme.CONTROL, "dot"), ("val", "validation", theme.FOR, "solid"))
    made = theme.figure(height=height, x="Epoch", y=title)
    for part, name, colour, dash in lines:
        made.add_scatter(
            x=epochs,
            y=[scale * record[f"{part}_{what}"] for record in history],
            mode="lines+markers" if len(epochs) < 15 else "lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"size": 6},
            hovertemplate=f"{name} %{{y:.3g}}<br>epoch %{{x}}<extra></extra>",
        )
    if not history:
        return made
    first, last = min(epochs), max(epochs)
    width = max(last - first, 1)
    made.update_xaxes(range=[first - 0.02 * width, last + width * _ROOM / (1 - _ROOM)], tickformat="d")
    values = [scale * record[f"{part}_{what}"] for part, *_ in lines for record in history]
    low, high = (0.0, 104.0) if percent else (0.0, 1.05 * max(max(values), 1e-3))
    made.update_yaxes(range=[low, high], nticks=5)
    ends = {name: scale * history[-1][f"{part}_{what}"] / high for part, name, *_ in lines}
    places = spread(ends, _APART)
    for _, name, colour, _ in lines:
        text = f"{name} {ends[name] * high:.0f}" if percent else f"{name} {ends[name] * high:.2f}"
        made.add_annotation(
            x=last,
            y=places[name] * high,
            text=text,
            showarrow=False,
            xanchor="left",
            xshift=8,
            font={"color": colour, "size": 13},
        )
    if best_epoch is not None:
        made.add_vline(x=best_epoch, line={"color": theme.CONTROL, "width": 1, "dash": "dot"})
        made.add_annotation(
            x=best_epoch,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="right",
            text="kept",
            showarrow=False,
            font={"color": theme.CONTROL},
        )
        made.update_layout(margin={"l": 8, "r": 8, "t": 22, "b": 8})
    return made


def _short(label: str) -> str:
    return label if len(label) <= _MOST_NAMED else label[: _MOST_NAMED - 1] + "…"
