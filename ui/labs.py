"""The panel every lab gets: controls, presets, Start · Step · Reset, living figures, the code, what to take home."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import params
from core.errors import NotFound
from core.lab import Lab
from core.labworker.client import LabWorker, Look
from core.labworker.history import csv
from ui import frame, living
from ui.params import form, prefill
from ui.words import literal

PACE = 0.2  # seconds between two looks while it runs
FIRST = 40  # frames made at once, so that no lab opens empty
_PATIENCE = 20.0  # seconds to wait for the lab process, which imports torch when it first starts


@st.cache_resource(show_spinner=False, on_release=LabWorker.shutdown)
def worker() -> LabWorker:
    """The one lab process of this app."""
    return LabWorker()


def panel(lab: Lab) -> None:
    """Everything a visitor does with ``lab``. Settings live in the URL; the run is known to this session alone."""
    values = st.session_state.get(_key(lab, "values")) or params.clean(lab.params, {})
    _apply_preset(lab)
    with st.sidebar, frame.plain_errors():  # a control that cannot be read is told there; the last settings stay
        values = form(lab.params, lab.slug)
    _presets(lab, values)
    with frame.plain_errors():
        run_id = _follow(lab, values)
        with st.spinner("Starting the lab…", show_time=True):
            look = worker().look(run_id, wait=_PATIENCE)
        _buttons(lab, look)
        st.fragment(_watch, run_every=PACE if look.state == "running" else None)(lab, values, look.state)
        _tabs(lab, values)


def _key(lab: Lab, name: str) -> str:
    return f"{lab.slug}.lab.{name}"


def _run(lab: Lab) -> str:
    return st.session_state[_key(lab, "run")]


def _follow(lab: Lab, values: Mapping[str, Any]) -> str:
    """This session's run, opened at need and brought to ``values``: live settings act at once, others restart it."""
    before = st.session_state.get(_key(lab, "values"), values)
    st.session_state[_key(lab, "values")] = values
    run_id = st.session_state.get(_key(lab, "run"))
    try:
        changed = {name for name, value in values.items() if value != before[name]}
        if run_id and changed <= lab.live:
            if changed:
                worker().change(run_id, values)
            worker().look(run_id)
            return run_id
        if run_id:
            running = worker().look(run_id).state == "running" or st.session_state.pop(_key(lab, "go"), False)
            worker().reset(run_id, values, frames=0 if running else FIRST, running=running)
            return run_id
    except NotFound:  # closed after minutes without a look: it begins again below
        pass
    st.session_state[_key(lab, "run")] = run_id = worker().open(lab, values, frames=FIRST)
    return run_id


def _presets(lab: Lab, values: Mapping[str, Any]) -> None:
    """Settings worth trying, and what the chosen one shows; the choice ends when a control is moved."""
    if not lab.presets:
        return
    full = {p.title: params.clean(lab.params, p.values) for p in lab.presets}
    key = _key(lab, "preset")
    st.session_state[key] = next((title for title, those in full.items() if those == values), None)

    def choose() -> None:
        if title := st.session_state[key]:
            st.session_state[_key(lab, "wanted")] = (title, _raw(lab))
            st.session_state[_key(lab, "go")] = True

    st.pills("Worth trying", list(full), key=key, on_change=choose)
    if title := st.session_state[key]:
        st.caption(literal(next(p.says for p in lab.presets if p.title == title)))


def _apply_preset(lab: Lab) -> None:
    """Set the controls to the preset asked for, until they show it.

    While figures move, a message from the browser can still carry the controls as they were before the click and
    undo what was set; so it is set again as long as exactly those old values come back.
    """
    title, before = st.session_state.get(_key(lab, "wanted"), (None, None))
    if title and _raw(lab) == before:
        values = next(p.values for p in lab.presets if p.title == title)
        prefill(params.clean(lab.params, values), lab.params, lab.slug)
    else:
        st.session_state.pop(_key(lab, "wanted"), None)


def _raw(lab: Lab) -> dict[str, Any]:
    """The controls as the browser last told them."""
    return {p.name: st.session_state.get(f"{lab.slug}.{p.name}") for p in lab.params}


def _buttons(lab: Lab, look: Look) -> None:
    running, over = look.state == "running", look.state in ("finished", "failed")
    with st.container(horizontal=True):
        if running:
            st.button("Pause", icon=":material/pause:", type="primary", key=_key(lab, "pause"), **_does(lab, "pause"))
        else:
            st.button(
                "Start",
                icon=":material/play_arrow:",
                type="primary",
                disabled=over,
                key=_key(lab, "start"),
                **_does(lab, "start"),
            )
        st.button("Step", icon=":material/skip_next:", disabled=over, key=_key(lab, "step"), **_does(lab, "step"))
        st.button("Reset", icon=":material/replay:", key=_key(lab, "reset"), **_does(lab, "reset"))


def _does(lab: Lab, what: str) -> dict[str, Any]:
    """A button's click as a call on this session's run."""

    def click() -> None:
        with frame.plain_errors():
            getattr(worker(), what)(_run(lab))

    return {"on_click": click}


def _watch(lab: Lab, values: Mapping[str, Any], state: str) -> None:
    """The figures, readings and words of this moment; the page runs once more when the state is another one."""
    try:
        look = worker().look(_run(lab))
    except NotFound:
        st.rerun()
    if look.state != state:
        st.rerun()
    if look.notice:
        st.info(literal(look.notice), icon=":material/info:")
    if look.frames:
        _draw(lab, values, look)


def _draw(lab: Lab, values: Mapping[str, Any], look: Look) -> None:
    settings = params.make(lab.settings, values)
    words = lab.says(settings, look.frames)
    places = iter([place for widths in lab.layout for place in st.columns(widths, gap="medium")])
    for title, figure in lab.figures(settings, look.frames).items():
        with next(places):
            st.markdown(f"**{literal(title)}**")
            living.show(figure, key=_key(lab, f"figure.{title}"), alt=f"{title}. {words}")
    with next(places):
        with st.container(horizontal=True):
            for name, text in lab.readings(settings, look.frames).items():
                st.metric(name, text, width=130)
        st.markdown(literal(words))


def _tabs(lab: Lab, values: Mapping[str, Any]) -> None:
    code, away = st.tabs(["The code that ran", "Take away"])
    program = lab.code(params.make(lab.settings, values))
    with code:
        st.caption("The functions below are the ones that run above, with your settings; the program runs on its own.")
        st.code(program, language="python", wrap_lines=True)
    with away, st.container(horizontal=True):
        st.download_button("Program (.py)", program, f"{lab.slug}.py", "text/x-python", key=_key(lab, "program"))
        st.download_button(
            "Curve (.csv)",
            lambda: csv(worker().look(_run(lab)).frames),
            f"{lab.slug}.csv",
            "text/csv",
            key=_key(lab, "curve"),
        )
