"""Which class is taken for which: a matrix where an example has one class, bars where it may have several."""

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.plots import theme

if TYPE_CHECKING:
    from core.finetuning.report import Report

_SHADES = ((0.0, theme.rgba(theme.AGAINST, 0.0)), (1.0, theme.rgba(theme.AGAINST, 0.55)))
_MOST_COUNTED = 15  # classes beyond which cells are too small for numbers
_MOST_NAMED = 24  # characters of a class name on an axis
_ROW = 38  # pixels
_WIDTH_LETTERS = 60  # letters that fit side by side on the narrowest screen


def confusion(report: "Report", *, ink: str | None = None) -> go.Figure:
    """Counts of held-out examples: row the class, column the prediction; shaded by the share of the row.

    The second trace has a clear point in every cell, ``customdata`` ``(target, predicted)``, so that a click anywhere
    in a cell selects it. ``ink`` is the colour of the counts, which must be read on the shade of their cell.
    """
    labels = [theme.plain(_short(label)) for label in report.labels]
    shares = [[count / max(sum(row), 1) for count in row] for row in report.confusion]
    heat = go.Heatmap(z=shares, zmin=0, zmax=1, colorscale=_SHADES, showscale=False, xgap=2, ygap=2, hoverinfo="skip")
    cells = [(t, p) for t in range(len(labels)) for p in range(len(labels))]
    clear = {"marker": {"opacity": 0}}
    points = go.Scatter(
        x=[p for _, p in cells],
        y=[t for t, _ in cells],
        mode="markers",
        marker={"size": _ROW - 6, "symbol": "square", "color": theme.AGAINST, "opacity": 0},
        selected=clear,
        unselected=clear,
        customdata=cells,
        hovertext=[f"{labels[t]}, answered {labels[p]}: {report.confusion[t][p]}" for t, p in cells],
        hoverinfo="text",
    )
    made = theme.figure(heat, points, height=max(220, 90 + _ROW * len(labels)), x="Answer", y="Class")
    places = list(range(len(labels)))
    turned = -45 if sum(map(len, labels)) > _WIDTH_LETTERS else 0
    edges = [-0.5, len(labels) - 0.5]
    made.update_xaxes(
        tickvals=places, ticktext=labels, showgrid=False, fixedrange=True, side="top", tickangle=turned, range=edges
    )
    made.update_yaxes(tickvals=places, ticktext=labels, showgrid=False, fixedrange=True, range=edges[::-1])
    made.update_layout(hovermode="closest", hoverdistance=-1, clickmode="event+select", dragmode=False)
    if len(labels) <= _MOST_COUNTED:
        _counts(made, report, ink)
    return made


def class_bars(report: "Report") -> go.Figure:
    """For each class how many examples were found, missed, and wrongly given it; its F1 behind."""
    places = list(range(len(report.per_class)))
    parts = (
        ("found", [row.tp for row in report.per_class], theme.AGAINST, ""),
        ("missed", [row.fn for row in report.per_class], theme.CONTROL, "/"),
        ("wrongly given", [row.fp for row in report.per_class], theme.FOR, "x"),
    )
    bars = [
        go.Bar(
            x=values,
            y=places,
            name=name,
            orientation="h",
            marker={"color": colour, "pattern": {"shape": shape, "solidity": 0.25}},
            hovertemplate=f"{name}: %{{x}}<extra></extra>",
        )
        for name, values, colour, shape in parts
    ]
    made = theme.figure(
        *bars, height=100 + 44 * len(places), x="Held-out examples", barmode="stack", bargap=0.4, showlegend=True
    )
    made.update_layout(legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"})
    longest = max((row.tp + row.fn + row.fp for row in report.per_class), default=1)
    made.update_xaxes(range=[0, 1.25 * max(longest, 1)], fixedrange=True)
    names = [theme.plain(_short(row.label)) for row in report.per_class]
    made.update_yaxes(tickvals=places, ticktext=names, autorange="reversed", showgrid=False, fixedrange=True)
    for place, row in zip(places, report.per_class, strict=True):
        text = "none held out" if row.f1 is None else f"F1 {row.f1:.2f}"
        made.add_annotation(x=row.tp + row.fn + row.fp, y=place, text=text, showarrow=False, xanchor="left", xshift=6)
    return made


def describe(report: "Report") -> str:
    """What is mistaken most, in words, for those who do not see the figures."""
    if report.multi_label:
        worst = min((row for row in report.per_class if row.f1 is not None), key=lambda row: row.f1 or 0, default=None)
        if worst is None or worst.f1 == 1:
            return f"{report.verdict} No class was missed or wrongly given."
        missed = f"{worst.fn} of {worst.support} missed, {worst.fp} times wrongly given"
        return f"{report.verdict} Hardest is {worst.label!r}: {missed}."
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


def _counts(figure: go.Figure, report: "Report", ink: str | None) -> None:
    """Each cell's number as a note, which takes the page's faint colour of text where no other is given."""
    for target, row in enumerate(report.confusion):
        for predicted, count in enumerate(row):
            if count:
                figure.add_annotation(
                    x=predicted, y=target, text=str(count), showarrow=False, font={"size": 15, "color": ink}
                )


def _short(label: str) -> str:
    return label if len(label) <= _MOST_NAMED else label[: _MOST_NAMED - 1] + "…"
