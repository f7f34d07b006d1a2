"""Where a new model can be used now, and what of it can leave: the model, the run as code, ONNX."""

import streamlit as st

from core import jobs
from core.config import Limits
from core.errors import PlaygroundError
from core.finetuning import shelf, takehome
from core.finetuning.report import Report
from core.finetuning.takehome import onnx_file, run_code, run_zip
from core.models import ModelCard
from ui import frame, resources, visitor
from ui import jobs as job_panel
from ui.words import count

_TROUBLE = "onnx.trouble"


def links(job: "jobs.Job", report: Report) -> None:
    """Downloads and the pages on which the model can be tried."""
    own = shelf.own_cards([job.folder])
    if not own:
        st.caption("The model of this run has been removed; only its figures remain.")
        return
    name = resources.in_link(own[0])
    on_pictures = report.kind == "image"
    query = {"model": name} if on_pictures else {"text_model": name}
    why = {"kind": "Picture" if on_pictures else "Text", **query}
    page, label = ("pages/vision.py", "Vision") if on_pictures else ("pages/nlp.py", "Language")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Take home",
            lambda: takehome.model_zip(job.folder / "result"),
            f"{takehome.file_name(report.title)}.zip",
            "application/zip",
            icon=":material/download:",
            type="primary",
            help="Weights, configuration, model card and a script that predicts; loads anywhere.",
        )
        st.page_link(page, label=f"Try it on {label}", icon=":material/play_arrow:", query_params=query)
        st.page_link("pages/explainability.py", label="Explain it", icon=":material/visibility:", query_params=why)
        with st.popover("More to take", icon=":material/more_horiz:", on_change="rerun", key="take.more") as more:
            if more.open:
                _run_as_code(job, report)
                with frame.plain_errors():
                    _onnx(job, own[0], report)
    hours = Limits.from_env().keep_hours
    goes = f"removes runs after {count(hours, 'hour')}" if hours else "may be restarted empty"
    st.caption(f"Download it to keep it: this server {goes}. The zip can be brought back further down.")


def _run_as_code(job: "jobs.Job", report: Report) -> None:
    if not run_code.offered(report):
        st.caption("A run of this strategy cannot be told as code yet.")
        return
    st.download_button(
        "The run as code",
        lambda: run_zip.run_zip(job.folder),
        f"{takehome.file_name(report.title)}-run.zip",
        "application/zip",
        icon=":material/code:",
        help="A script and a notebook that repeat exactly this run, with your examples, the seed and the versions.",
    )


def _onnx(job: "jobs.Job", card: ModelCard, report: Report) -> None:
    """One ONNX file, written by a job of its own."""
    if not onnx_file.available():
        st.caption("This server cannot write ONNX files.")
        return
    owner = visitor.owner()
    made = next((j for j in jobs.list_jobs(owner) if j.entry == takehome.ONNX and j.params.get("of") == job.id), None)
    if made is not None and made.active:
        job_panel.panel(made, lambda _: None, {"exporting": "Writing the ONNX file"})
        return
    file = made.folder / "result" / onnx_file.FILE if made is not None else None
    if file is not None and file.is_file():
        st.download_button(
            "ONNX file",
            file.read_bytes,
            f"{takehome.file_name(report.title)}.onnx",
            "application/octet-stream",
            icon=":material/download:",
        )
        return
    st.button("Write an ONNX file", icon=":material/deployed_code:", on_click=_write_onnx, args=(job, card), key="onnx")
    if trouble := st.session_state.pop(_TROUBLE, None) or (made.error if made is not None else None):
        raise PlaygroundError(trouble)


def _write_onnx(job: "jobs.Job", card: ModelCard) -> None:
    params = {"of": job.id, "title": f"{card.title}, ONNX"}
    try:
        jobs.submit(takehome.ONNX, params, visitor.owner(), onnx_file.inputs(card))
    except PlaygroundError as error:
        st.session_state[_TROUBLE] = str(error)
