"""Where a model stands beside simpler ones: accuracy and macro-F1 as points with their intervals, one row a model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.plots import theme

if TYPE_CHECKING:
    from core.finetuning.report import Report

_ROW = 62  # pixels a model: its name, its accuracy, its F1
_UP, _DOWN = -0.05, 0.27  # where the two points lie below the name, in rows


@dataclass(frozen=True)
class _Row:
    title: str
    accuracy: float
    low: float
    high: float
    f1: float | None
    f1_low: float | None
    f1_high: float | None
    colour: str


def standing(report: "Report") -> go.Figure:
    """Each model's figures on the scale from 0 to 100 %: accuracy a disc, macro-F1 a diamond, lines 95 % intervals."""
    rows = _rows(report)
    made = theme.figure(height=70 + _ROW * len(rows), x="On held-out examples, %", hovermode="closest")
    for place, row in enumerate(rows):
        _measure(made, place + _UP, "accuracy", row, (row.accuracy, row.low, row.high), "circle")
        if row.f1 is not None:
            _measure(made, place + _DOWN, "macro-F1", row, (row.f1, row.f1_low, row.f1_high), "diamond")
        made.add_annotation(
            x=0,
            y=place - 0.34,
            text=theme.plain(row.title),
            showarrow=False,
            xanchor="left",
            font={"color": row.colour, "size": 13},
        )
    made.update_xaxes(range=[-2, 103], tickvals=[0, 25, 50, 75, 100], fixedrange=True)
    made.update_yaxes(visible=False, range=[len(rows) - 0.45, -0.6], fixedrange=True)
    return made


def says(report: "Report") -> str:
    """The same in words."""
    return "; ".join(
        f"{row.title}: accuracy {100 * row.accuracy:.0f} %" + (f", macro-F1 {row.f1:.2f}" if row.f1 is not None else "")
        for row in _rows(report)
    )


def _rows(report: "Report") -> list[_Row]:
    f1s = report.macro_f1, report.f1_low, report.f1_high
    own = _Row("This model", report.accuracy, report.low, report.high, *f1s, theme.FOR)
    others = [_Row(c.title, c.accuracy, c.low, c.high, c.macro_f1, None, None, theme.CONTROL) for c in report.controls]
    if not others:  # reports of earlier versions
        share = report.majority_accuracy
        others = [_Row("Majority class", share, share, share, None, None, None, theme.CONTROL)]
    return [own, *others]


def _measure(
    figure: go.Figure,
    y: float,
    what: str,
    row: _Row,
    measured: tuple[float, float | None, float | None],
    symbol: str,
) -> None:
    value, low, high = measured
    if low is not None and high is not None:
        figure.add_scatter(
            x=[100 * low, 100 * high],
            y=[y, y],
            mode="lines",
            line={"color": theme.rgba(row.colour, 0.45), "width": 7},
            hovertemplate=f"{what}, 95 % interval: %{{x:.1f}} %<extra></extra>",
        )
    figure.add_scatter(
        x=[100 * value],
        y=[y],
        mode="markers",
        marker={"color": row.colour, "size": 13, "symbol": symbol},
        hovertemplate=f"{theme.plain(row.title)}, {what}: %{{x:.1f}} %<extra></extra>",
    )
    end = 100 * (high if high is not None else value)
    left = end > 78
    start = 100 * (low if low is not None else value)
    figure.add_annotation(
        x=start if left else end,
        y=y,
        text=f"{what} {100 * value:.0f}",
        showarrow=False,
        xanchor="right" if left else "left",
        xshift=-10 if left else 10,
        font={"color": row.colour, "size": 12},
    )
