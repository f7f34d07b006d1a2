"""Bringing back a model that was taken home: the zip is checked and rebuilt by a job, and the pickers offer it."""

import streamlit as st

from core import jobs
from core.config import Limits
from core.errors import PlaygroundError
from core.finetuning import shelf
from core.finetuning.takehome import BRING_BACK, bring_back
from core.models.catalog import IMAGE_CLASSIFICATION
from ui import frame, resources, visitor
from ui import jobs as job_panel
from ui.words import literal

_UPLOAD, _TROUBLE = "bring.upload", "bring.trouble"
_PHASES = {"reading": "Checking the zip", "building": "Rebuilding the model"}


def show(*, busy: bool) -> None:
    """The upload and what became of it; ``busy`` while another run of the visitor goes on."""
    owner = visitor.known_owner()
    mine = [job for job in jobs.list_jobs(owner) if job.entry == BRING_BACK] if owner else []
    active = mine[0] if mine and mine[0].active else None
    with st.expander("Bring back a model that you took home", expanded=active is not None, key="bring"):
        if active is not None and not busy:
            job_panel.panel(active, lambda _: None, _PHASES)
            return
        most = Limits.from_env().model_mb or None
        st.file_uploader("The zip from “Take home”", ["zip"], key=_UPLOAD, max_upload_size=most)
        waiting = st.session_state.get(_UPLOAD) is None
        st.button(
            "Bring back", icon=":material/upload:", disabled=busy or waiting, on_click=_submit, key="bring.button"
        )
        with frame.plain_errors():
            if trouble := st.session_state.pop(_TROUBLE, None):
                raise PlaygroundError(trouble)
            if mine:
                _last(mine[0])


def _last(job: "jobs.Job") -> None:
    """What became of the newest upload."""
    if job.error:
        raise PlaygroundError(job.error)
    for card in shelf.own_cards([job.folder]):
        st.write(f":material/check: **{literal(card.title)}** is back and stands in the pickers.")
        name = resources.in_link(card)
        if card.task == IMAGE_CLASSIFICATION:
            st.page_link("pages/vision.py", label="Try it on Vision", query_params={"model": name})
        else:
            st.page_link("pages/nlp.py", label="Try it on Language", query_params={"text_model": name})


def _submit() -> None:
    upload = st.session_state.get(_UPLOAD)
    if upload is None:
        return
    try:
        bring_back.check(upload.size)
        title = upload.name.rsplit(".", 1)[0][:80]
        jobs.submit(BRING_BACK, {"title": title}, visitor.owner(), {bring_back.UPLOAD: upload.getvalue()})
    except PlaygroundError as error:
        st.session_state[_TROUBLE] = str(error)
