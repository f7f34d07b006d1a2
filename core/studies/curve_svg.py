"""A deletion or insertion curve drawn inside an HTML file: no library, no script."""

import html
from collections.abc import Iterable

import numpy as np

from core.attribution.metrics.base import Curve
from core.plots import theme

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 320, 150, 34, 18, 30
_X_TITLES = {"deletion": "erased, %", "insertion": "shown, %"}


def curve_svg(curve: Curve, control: str, alt: str) -> str:
    """The class's probability over the share erased or shown, beside ``control``: its mean dotted, its range a band."""
    band = curve.controls[control]
    around = [*zip(band.fractions, band.high, strict=True), *reversed(list(zip(band.fractions, band.low, strict=True)))]
    lines = (
        f'<polygon points="{_points(around)}" fill="{theme.CONTROL}" fill-opacity="0.3"/>',
        _line(band.fractions, band.mean, theme.CONTROL, 'stroke-width="1.5" stroke-dasharray="3 3"'),
        _line(curve.fractions, curve.probs, theme.FOR, 'stroke-width="2.5"'),
    )
    floor = _HEIGHT - _BOTTOM
    axes = f'<path d="M{_LEFT} {_TOP}V{floor}H{_WIDTH - 8}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
    words = (
        _word(_LEFT - 4, _TOP + 4, "100", "end"),
        _word(_LEFT - 4, floor, "0", "end"),
        _word(_LEFT, floor + 14, "0", "middle"),
        _word(_WIDTH - 12, floor + 14, "100", "middle"),
        _word((_LEFT + _WIDTH) / 2, floor + 26, _X_TITLES[curve.kind], "middle"),
        _word(_LEFT + 4, 11, f"P(class), %: ━ this map   ┅ {band.says}", "start"),
    )
    return (
        f'<svg class="curve" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{html.escape(alt)}">{axes}{"".join(lines)}{"".join(words)}</svg>'
    )


def _line(fractions: np.ndarray, probs: np.ndarray, colour: str, more: str) -> str:
    return f'<polyline points="{_points(zip(fractions, probs, strict=True))}" fill="none" stroke="{colour}" {more}/>'


def _points(pairs: Iterable[tuple[float, float]]) -> str:
    wide, high = _WIDTH - 12 - _LEFT, _HEIGHT - _BOTTOM - _TOP
    return " ".join(f"{_LEFT + wide * x:.1f},{_TOP + high * (1 - p):.1f}" for x, p in pairs)


def _word(x: float, y: float, text: str, anchor: str) -> str:
    at = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
    return f'<text {at} font-size="10" fill="currentColor">{html.escape(text)}</text>'
