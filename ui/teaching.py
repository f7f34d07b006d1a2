"""Teaching a network a new thing: pictures and a name in, a job that the page may be closed on, a model to use."""

import tempfile
from pathlib import Path

import streamlit as st
from PIL import Image

from core import jobs
from core.config import Limits
from core.data import cut_outs, scenes
from core.data.scenes import NEW_THINGS
from core.errors import PlaygroundError
from core.finetuning import shelf, teach
from core.finetuning.takehome import file_name, taught
from core.finetuning.teach import FEWEST, MOST_STEPS, PHASES, STEPS, TEACH, Taught
from core.models import ModelCard
from core.models.catalog import IMAGE_SEGMENTATION, OBJECT_DETECTION
from core.plots import teaching as plots
from ui import figures, frame, inputs, living, visitor
from ui import jobs as job_panel
from ui.words import count, duration, literal

PICKERS = {IMAGE_SEGMENTATION: "segmenter", OBJECT_DETECTION: "detector"}
"""Keys of the pickers that a taught model is put into."""
_OURS, _OWN = "One of ours", "Your pictures"
_SEEN, _HELD_OUT = "noto", "twemoji"
_BESIDE = ("strawberry", "penguin")  # on the first scene with a new thing


def show(card: ModelCard, labels: tuple[str, ...]) -> None:
    """The run on top, then what a new one needs; nothing for networks that are not ours."""
    if not (card.shipped or card.folder):
        return
    job = _current(card)
    st.header("Teach it a new thing", anchor=False)
    if job is not None:
        _run(job)
    with st.expander("A new lesson", expanded=job is None, key="teach"), frame.plain_errors():
        _ask(card, labels, busy=job is not None and job.active)


def _current(card: ModelCard) -> "jobs.Job | None":
    """The lesson for ``card``'s task that the link names, else the visitor's newest one."""
    owner, watched = visitor.known_owner(), job_panel.watched()
    known = [*([watched] if watched else []), *(jobs.list_jobs(owner) if owner else [])]
    return next((job for job in known if job.entry == TEACH and job.params.get("task") == card.task), None)


def _ask(card: ModelCard, labels: tuple[str, ...], *, busy: bool) -> None:
    source = st.segmented_control("What", [_OURS, _OWN], default=_OURS, required=True, key="teach.source")
    name, pictures, held_out = _ours(labels) if source == _OURS else _own()
    if pictures:
        with st.container(horizontal=True, gap="small"):
            for number, picture in enumerate(pictures[:8], 1):
                st.image(_shown(picture), width=72, alt=f"What it will learn from, picture {number}")
    steps = st.slider(
        "Steps",
        FEWEST,
        MOST_STEPS,
        STEPS[card.task],
        10,
        key=f"teach.steps.{PICKERS[card.task]}",
        help="More steps: surer of the new thing, and slower.",
    )
    pressed = st.button(
        "Teach",
        type="primary",
        icon=":material/school:",
        disabled=busy or not pictures,
        help="Your lesson is still going: stop it first." if busy else None,
        key="teach.go",
    )
    st.caption(
        "All weights learn a little, on scenes of which a part shows the new thing and all show old ones. The page may "
        "be closed or reloaded meanwhile."
    )
    if pressed:
        _submit(card, teach.check_name(name, card, labels), pictures, held_out, steps)


def _ours(labels: tuple[str, ...]) -> tuple[str, list[Image.Image], Image.Image | None]:
    """A thing that ships and ``labels`` lack: taught in one vendor's drawing, judged on the other's."""
    offered = [name for name in NEW_THINGS if name not in labels]
    if not offered:
        st.caption("It knows all of ours; give pictures of your own.")
        return "", [], None
    name = st.pills("Thing", offered, default=offered[0], required=True, key="teach.thing")
    st.caption("It learns from Noto's drawing and is judged on Twemoji's, which it never sees.")
    return name, [scenes.shipped(_SEEN)[name]], scenes.shipped(_HELD_OUT)[name]


def _own() -> tuple[str, list[Image.Image], Image.Image | None]:
    """The visitor's pictures; of three or more, the last is kept to judge by."""
    name = st.text_input("Name of the thing", max_chars=teach.LONGEST_NAME, key="teach.name")
    uploads = st.file_uploader(
        "Pictures of it, on transparent or white ground",
        ["png", "jpg", "jpeg", "webp"],
        accept_multiple_files=True,
        key="teach.files",
    )
    st.caption("One is enough; of three or more, the last is kept to judge by. They stay on this server with the run.")
    limits = Limits.from_env()
    pictures = []
    for upload in uploads[: teach.MOST_PICTURES + 1]:
        try:
            pictures.append(cut_outs.cut_out(upload.getvalue(), limits))
        except PlaygroundError as error:
            st.error(literal(f"{upload.name}: {error}"), icon=":material/error:")
    return (name, pictures[:-1], pictures[-1]) if len(pictures) > 2 else (name, pictures, None)


def _shown(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", (96, 96), "white")
    small = picture.copy()
    small.thumbnail((88, 88))
    ground.alpha_composite(small, ((96 - small.width) // 2, (96 - small.height) // 2))
    return ground.convert("RGB")


def _submit(card: ModelCard, name: str, pictures: list[Image.Image], held_out: Image.Image | None, steps: int) -> None:
    owner = visitor.owner()
    held = {job.params.get("title") for job in jobs.list_jobs(owner)}
    plain = f"{card.title[:50]} + {name}"
    title = next(t for n in range(1, len(held) + 2) if (t := plain if n == 1 else f"{plain} {n}") not in held)
    with tempfile.TemporaryDirectory() as folder:
        files = teach.files(card, pictures, held_out, Path(folder))
        params = {"base": card.slug, "task": card.task, "name": name, "title": title, "steps": steps, "seed": 0}
        visitor.watch(jobs.submit(TEACH, params, owner, files))
    st.rerun()


def _run(job: "jobs.Job") -> None:
    """The lesson while it runs, its report when it has ended."""
    st.markdown(f"**{literal(str(job.params.get('title', 'Your lesson')))}**")
    report = None if job.active else teach.read_report(job.folder)
    if report is None:
        job_panel.panel(job, _live, PHASES)
        if not job.active and not job.error:
            st.caption(job_panel.without_model(job))
        return
    _report(job, report)


def _live(job: "jobs.Job") -> None:
    history = job.progress.get("history") or []
    if not history:
        st.caption("The curves begin after the first steps.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        living.show(plots.loss(history), "teach.loss", f"Loss {history[-1]['loss']:.2f}")
    with right:
        living.show(plots.overlaps(history), "teach.overlaps", _in_words(history[-1]))


def _report(job: "jobs.Job", report: Taught) -> None:
    if report.stopped:
        st.caption(":material/info: Stopped early; the best state so far was kept.")
    with st.container(horizontal=True):
        for key, title in (("new", report.name), ("old", "Old things, mean")):
            change = f"{report.after[key] - report.before[key]:+.2f}"
            st.metric(f"Overlap: {literal(title)}", f"{report.after[key]:.2f}", change, width=190)
    st.caption(
        literal(f"Overlap (IoU) on {report.judged_on}. Kept step {report.kept_step}, after {duration(report.seconds)}.")
    )
    own = shelf.own_cards([job.folder])
    if not own:
        st.caption("The model of this lesson has been removed; only its figures remain.")
        return
    with st.container(horizontal=True):
        st.button("Use it here", icon=":material/play_arrow:", on_click=_use, args=(own[0], report.name))
        st.download_button(
            "Take home",
            lambda: taught.taught_zip(job.folder),
            f"{file_name(report.title)}.zip",
            "application/zip",
            icon=":material/download:",
            help="Weights, configuration and a script that runs it; loads with transformers anywhere.",
        )
    if report.history:
        with st.expander("How it learned"):
            left, right = st.columns(2, gap="medium")
            with left:
                figures.show(plots.loss(report.history), "teach.final.loss", "The loss by step")
            with right:
                last = report.history[-1]
                figures.show(plots.overlaps(report.history), "teach.final.overlaps", _in_words(last))
    hours = Limits.from_env().keep_hours
    if hours:
        st.caption(f"Download it to keep it: this server removes runs after {count(hours, 'hour')}.")


def _use(card: ModelCard, name: str) -> None:
    st.session_state[PICKERS[card.task]] = card.slug
    st.session_state["scene.things"] = [name, *_BESIDE]
    inputs.show_scene()


def _in_words(record: dict[str, float]) -> str:
    return f"Overlap of the new thing {record['new']:.2f}, of the old ones {record['old']:.2f}"
