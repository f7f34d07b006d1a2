"""What can be taken away: everything in one file, one map in three formats, the explanation as code."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.attribution.result import evidence_row
from core.data import tables
from core.models.catalog import TEXT_GENERATION
from core.studies import attribution_code, attribution_files, attribution_report
from ui.look import SMOOTH
from ui.subject import Judged, Subject
from ui.words import literal


def show(subject: Subject, judged: Sequence[Judged]) -> None:
    """All downloads, in three groups."""
    if not judged:
        st.caption("There is nothing to take yet: no method has ended.")
        return
    st.markdown("**Everything on this page**")
    with st.container(horizontal=True):
        _file("Report, HTML", lambda: report(subject, judged), "explanation.html", "text/html", primary=True)
        rows = [evidence_row(one.explained, one.curves) for one in judged]
        _file("Evidence, CSV", lambda: _csv(rows), "evidence.csv", "text/csv")
        _file("Ranked evidence, CSV", lambda: _csv(_parts(subject, judged)), "attributions.csv", "text/csv")
    st.caption("The report is one file with the maps, curves and tables inside; it opens anywhere, offline too.")
    by_name = {one.explained.method.name: one for one in judged}
    first = next(iter(by_name))
    name = st.pills("One map", list(by_name), default=first, required=True, key="take.map") or first
    _one_map(subject, by_name[name])
    _code(subject, by_name[name])


def report(subject: Subject, judged: Sequence[Judged]) -> bytes:
    """The HTML file."""
    section = attribution_report.Section(
        title=subject.title,
        label=subject.question.label,
        answers=subject.answers,
        explained=tuple(one.explained for one in judged),
        picture=subject.seen,
        curves={one.explained.method.name: one.curves for one in judged if one.curves},
        settings={one.explained.method.name: one.options for one in judged},
    )
    title = f"Why {subject.question.label}?"
    return attribution_report.html_report(title, subject.card.title, [section])


def explanation(subject: Subject, one: Judged) -> attribution_code.Explanation:
    """What the code repeats."""
    return attribution_code.Explanation(
        subject.question.classifier, subject.example, one.explained.method, subject.question.target, one.options
    )


def _one_map(subject: Subject, one: Judged) -> None:
    explained, slug, label = one.explained, one.explained.method.slug, subject.question.label
    look = {"opacity": subject.look.opacity, "smooth": SMOOTH}

    def as_svg() -> bytes:
        return attribution_files.map_svg(explained, label, subject.seen, **look)

    with st.container(horizontal=True):
        if (seen := subject.seen) is not None:
            _file("PNG", lambda: attribution_files.map_png(seen, explained, **look), f"{slug}.png", "image/png")
        else:
            _file("HTML", lambda: subject.look.words(explained), f"{slug}.html", "text/html")
        _file("SVG", as_svg, f"{slug}.svg", "image/svg+xml")
        _file("Numbers, CSV", lambda: attribution_files.map_csv(explained), f"{slug}.csv", "text/csv")


def _code(subject: Subject, one: Judged) -> None:
    st.markdown("**The same explanation as code**")
    method, slug = one.explained.method, one.explained.method.slug
    options = {**one.options, "own_baseline": subject.question.own_baseline} if _baseline(one) else one.options
    reason = attribution_code.why_not(method, options)
    if subject.card.task == TEXT_GENERATION:
        reason = "The next word of a language model is not offered as code."
    if reason:
        st.caption(literal(reason))
        return
    made = explanation(subject, one)
    with st.container(horizontal=True):
        _file("Script, .py", lambda: attribution_code.script(made), f"explain-{slug}.py", "text/x-python")
        _file("Notebook, .ipynb", lambda: attribution_code.notebook(made), f"explain-{slug}.ipynb", "application/json")
        _file(
            "With all it needs, zip", lambda: attribution_code.code_zip(made), f"explain-{slug}.zip", "application/zip"
        )
    what = "the picture" if subject.seen is not None else "the notebook"
    model = " and the model" if attribution_code.ships(subject.card) else ""
    st.caption(f"Plain captum and transformers. The zip brings {what}, the versions to install{model}.")


def _baseline(one: Judged) -> bool:
    return any(param.name == "baseline" for param in one.explained.method.params)


def _parts(subject: Subject, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    return [{"method": one.explained.method.name, **part} for one in judged for part in subject.parts(one.explained)]


def _csv(rows: list[dict[str, Any]]) -> bytes:
    return tables.safe_csv(pd.DataFrame(rows))


def _file(label: str, make: Callable[[], bytes | str], name: str, kind: str, *, primary: bool = False) -> None:
    """A button whose file is made when it is pressed."""
    st.download_button(
        label,
        make,
        name,
        kind,
        icon=":material/download:",
        on_click="ignore",
        type="primary" if primary else "secondary",
        key=f"take.{label}",
    )
