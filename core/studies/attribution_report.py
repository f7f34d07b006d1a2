"""Explanations as one HTML file: every map and curve inside it, nothing fetched, nothing run."""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from core.attribution.describe import describe_picture, describe_trust, describe_words
from core.attribution.metrics.base import Curve, Erased
from core.attribution.metrics.completeness import CAVEAT as GAP_CAVEAT
from core.attribution.regions import GRID, ranked_regions
from core.attribution.result import Explained
from core.plots import heatmap
from core.plots.coloured_words import coloured_words
from core.studies.attribution_files import data_uri, png
from core.studies.curve_svg import curve_svg

Curves = Mapping[Erased, Curve]
_STYLE = Path(__file__).with_name("report_style.css")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_FIRST, _LAST = 7, 3  # rows of a ranked table from its top and from its end
_SMOOTH = 1.5  # pixels; for the eye only, as on the page
_CONTROLS = {"image": "shifted", "text": "shuffled"}


@dataclass(frozen=True)
class Section:
    """One input and its explanations.

    Attributes:
        title: what the input is called.
        label: the class that is explained.
        answers: names and probabilities, likeliest first.
        explained: what each method found, side by side.
        picture: as the model sees it; None for a text.
        curves: by the method's name.
        settings: by the method's name.
    """

    title: str
    label: str
    answers: tuple[tuple[str, float], ...]
    explained: tuple[Explained, ...]
    picture: Image.Image | None = None
    curves: Mapping[str, Curves] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def html_report(title: str, model: str, sections: Sequence[Section], about: str = "") -> bytes:
    """The whole file.

    Args:
        model: the model's name.
        about: a sentence of the caller's, such as the date.
    """
    words = html.escape(title)
    body = "".join(_section(section) for section in sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{words}</title><link rel="icon" href="data:,"><style>{_STYLE.read_text(encoding="utf-8")}</style>'
        f"</head><body><main><h1>{words}</h1><p>Model: {html.escape(model)}. {html.escape(about)}</p>"
        '<p class="soft">Orange is evidence for the class, blue against it. A map says what the method found, not what '
        f"is true; no single figure says that it is right.</p>{body}</main></body></html>\n"
    ).encode(errors="replace")


def _section(section: Section) -> str:
    cards = "".join(_card(section, one) for one in section.explained)
    picture = ""
    if section.picture is not None:
        picture = f"<figure>{_image(section.picture, f'{section.title}, as the model sees it')}</figure>"
    return (
        f"<section><h2>{html.escape(section.title)}: why “{html.escape(section.label)}”?</h2>"
        f'<div class="methods"><article class="card"><h3>The answer</h3>{picture}{_answers(section.answers)}</article>'
        f"{cards}</div></section>"
    )


def _card(section: Section, one: Explained) -> str:
    parts = [f"<h3>{html.escape(one.method.name)}</h3>", _map(section, one)]
    parts.append(f"<p>{html.escape(_says(section, one))}</p>")
    curves = section.curves.get(one.method.name, {})
    control = _CONTROLS[one.method.kind]
    for curve in curves.values():
        says = describe_trust(curve, control)
        parts.append(f"<figure>{curve_svg(curve, control, says)}<figcaption>{html.escape(says)}</figcaption></figure>")
    parts += [_ranked(one), _facts(section, one)]
    return f'<article class="card">{"".join(parts)}</article>'


def _map(section: Section, one: Explained) -> str:
    if section.picture is None:
        return coloured_words([(word.text, word.value) for word in one.words])
    drawn = heatmap.overlay(section.picture, one.values, signed=one.method.signed, smooth=_SMOOTH)
    caption = f"Full colour at {drawn.scale:.3g}."
    return f"<figure>{_image(drawn.image, _says(section, one))}<figcaption>{caption}</figcaption></figure>"


def _says(section: Section, one: Explained) -> str:
    if section.picture is None:
        return describe_words(one.method, one.words, section.label)
    return describe_picture(one.method, one.values, section.label)


def _ranked(one: Explained) -> str:
    if one.words:
        ranked = sorted(one.words, key=lambda word: -word.value)
        return _table("Strongest words", ("word", "logits"), [(w.text, f"{w.value:+.4f}") for w in _ends(ranked)])
    # Values that add up to a change in the logit are summed over a region, others averaged over its pixels.
    unit, divisor = ("logits", 1.0) if one.gap else ("mean", one.values.size / GRID**2)
    rows = [
        (r.place, f"{r.row}, {r.column}", f"{r.value / divisor:+.4g}", f"{r.share:.1%}")
        for r in _ends(ranked_regions(one.values))
    ]
    return _table("Strongest of 49 regions", ("where", "row, column", unit, "share"), rows)


def _facts(section: Section, one: Explained) -> str:
    facts = [f"{one.seconds:.2g} s"]
    if one.gap is not None:
        facts.append(f"completeness gap {one.gap.gap:+.3f} logits ({one.gap.share:.1%}). {GAP_CAVEAT}")
    settings = ", ".join(f"{name} {value}" for name, value in section.settings.get(one.method.name, {}).items())
    more = f"<br>Settings: {html.escape(settings)}" if settings else ""
    return f'<p class="soft">{html.escape("; ".join(facts))}{more}<br>Source: {html.escape(one.method.reference)}</p>'


def _answers(answers: Iterable[tuple[str, float]]) -> str:
    return "".join(
        f'<div class="bar"><span>{html.escape(label)}</span><span class="track" aria-hidden="true">'
        f'<span style="width:{100 * prob:.1f}%"></span></span><span class="number">{prob:.1%}</span></div>'
        for label, prob in answers
    )


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def cells(tag: str, row: Sequence[str]) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        numbers = [f"<{tag}{scope}{' class=number' if i else ''}>{html.escape(c)}</{tag}>" for i, c in enumerate(row)]
        return f"<tr>{''.join(numbers)}</tr>"

    body = "".join(cells("td", row) for row in rows)
    return f"<table><caption>{caption}</caption><thead>{cells('th', head)}</thead><tbody>{body}</tbody></table>"


def _ends(ranked: Sequence[Any]) -> Sequence[Any]:
    return ranked if len(ranked) <= _FIRST + _LAST else [*ranked[:_FIRST], *ranked[-_LAST:]]


def _image(image: Image.Image, alt: str) -> str:
    size = f'width="{image.width}" height="{image.height}"'
    return f'<img src="{data_uri(png(image))}" alt="{html.escape(alt)}" {size}>'
