"""Choosing the sample: one click for ours, upload or camera for the visitor's own; it travels from page to page."""

import base64
import io
from dataclasses import dataclass
from functools import partial

import streamlit as st
from PIL import Image, ImageOps

from core.config import Limits
from core.data import images, samples, texts
from core.errors import PlaygroundError
from ui import strip
from ui.words import literal

OWN = "yours"
SCENE = "scene"
_PICTURE = "inputs.picture"  # slug of the current picture
_SHOWN = "inputs.shown"  # the same where a composed scene is offered too
_QUERY = {_PICTURE: "picture", _SHOWN: "shown"}
_OWN_PNG = "inputs.picture.own"
_TROUBLE = "inputs.picture.trouble"
_NOTICES = "inputs.picture.notices"
_UPLOAD = "inputs.picture.upload"
_CAMERA = "inputs.picture.camera"
_TEXT = "text"  # query parameter: slug of the current sample text
_OWN_TEXT = "inputs.text.own"
_TEXT_FILE = "inputs.text.file"


@dataclass(frozen=True)
class Picked:
    """The current picture: RGB pixels, what it is called, and its slug (`OWN` for an upload, `SCENE` for a scene)."""

    image: Image.Image
    title: str
    slug: str


def image(scene: Image.Image | None = None) -> Picked:
    """The sample strip and the current picture; an upload replaces it, a bad one leaves it as it was.

    ``scene`` is a composed picture that is offered first; what is picked then is kept apart from the other pages'.
    """
    place = _PICTURE if scene is None else _SHOWN
    first = [] if scene is None else [(SCENE, "A scene", _as_url(scene))]
    current = _current_picture(place, [slug for slug, *_ in first])
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row.container(width="stretch"):
        key = "picture_strip" if scene is None else "scene_strip"
        strip.choose("Sample pictures", first + _strip_items(), current, key=key, on_pick=partial(_pick, place))
    with row.popover("Your own picture", icon=":material/add_photo_alternate:", on_change="rerun", key="own") as own:
        if own.open:
            _own_picture()
    if trouble := st.session_state.get(_TROUBLE):
        st.error(literal(trouble), icon=":material/error:")
    if current == OWN:
        for sentence in st.session_state.get(_NOTICES, ()):
            st.caption(f":material/info: {literal(sentence)}")
        return Picked(_decode(st.session_state[_OWN_PNG]), "Your picture", OWN)
    if scene is not None and current == SCENE:
        return Picked(scene, "A composed scene", SCENE)
    sample = samples.SAMPLES_BY_SLUG[current]
    return Picked(sample_image(current), sample.title, current)


def text(label: str = "Text", *, height: int = 120) -> str:
    """Sample texts as pills and a field to type in; returns cleaned text.

    Raises:
        PlaygroundError: nothing was typed, or it is far too long.
    """
    ours = {s.slug: s for s in samples.SAMPLES if s.kind == "text"}
    first = next(iter(ours))
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row.container(width="stretch"):
        slug = st.pills(
            "Sample texts",
            list(ours),
            default=first,
            format_func=lambda s: ours[s].title,
            key=_TEXT,
            bind="query-params",
        )
    with row.popover("Your own file", icon=":material/upload_file:", on_change="rerun", key="own_text") as own:
        if own.open:
            st.file_uploader("Text file", ["txt", "md"], key=_TEXT_FILE, on_change=_take_text)
            st.caption("It stays in this session on this server and is gone when you close the page.")
    if trouble := st.session_state.get(f"{_TEXT_FILE}.trouble"):
        st.error(literal(trouble), icon=":material/error:")
    if slug and st.session_state.get(f"{_OWN_TEXT}.from") != slug:
        st.session_state[f"{_OWN_TEXT}.from"] = slug
        st.session_state[_OWN_TEXT] = ours[slug].text
    typed = st.text_area(label, key=_OWN_TEXT, height=height, persist_state="session")
    cleaned = texts.clean_text(typed or "", Limits.from_env())
    for sentence in cleaned.notices:
        st.caption(f":material/info: {literal(sentence)}")
    return cleaned.text


@st.cache_data(max_entries=32, show_spinner=False)
def sample_image(slug: str) -> Image.Image:
    """A sample picture, decoded once."""
    return samples.load_image(samples.SAMPLES_BY_SLUG[slug])


@st.cache_data(max_entries=32, show_spinner=False)
def square(picture: Image.Image, side: int = 448) -> bytes:
    """``picture`` on a clear square, as large as it fits, so that pictures beside each other are of one size.

    A PNG, kept: compressing it costs more than the network's answer.
    """
    buffer = io.BytesIO()
    ImageOps.pad(picture.convert("RGBA"), (side, side), color=(0, 0, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


@st.cache_data(max_entries=64, show_spinner=False)
def thumbnail(png_or_slug: str | bytes, side: int = 120) -> str:
    """A small copy as a data URL, of a sample (its slug) or of a picture's bytes."""
    return _as_url(sample_image(png_or_slug) if isinstance(png_or_slug, str) else _decode(png_or_slug), side)


def _strip_items() -> list[tuple[str, str, str]]:
    items = [(s.slug, s.title, thumbnail(s.slug)) for s in samples.SAMPLES if s.kind == "image"]
    if own := st.session_state.get(_OWN_PNG):
        items.append((OWN, "Yours", thumbnail(own)))
    return items


def _current_picture(place: str, first: list[str]) -> str:
    """The slug of the current picture, from this session or a shared link; written back to the address."""
    known = [*first, *(s.slug for s in samples.SAMPLES if s.kind == "image")]
    if st.session_state.get(_OWN_PNG):
        known.append(OWN)
    query = _QUERY[place]
    held = st.session_state.get(place) or st.query_params.get(query)
    current = held if held in known else known[0]
    st.session_state[place] = current
    if current != OWN and st.query_params.get(query) != current:
        st.query_params[query] = current
    elif current == OWN:
        st.query_params.pop(query, None)
    return current


def show_scene() -> None:
    """Make the composed scene the current picture: a callback of what composes it."""
    _pick(_SHOWN, SCENE)


def _pick(place: str, slug: str) -> None:
    st.session_state[place] = slug
    st.session_state.pop(_TROUBLE, None)


def _own_picture() -> None:
    source = st.segmented_control("Where from", ["Upload", "Camera"], default="Upload", required=True, key="own.source")
    if source == "Camera":
        st.camera_input("Take a picture", key=_CAMERA, on_change=_take, args=(_CAMERA,))
    else:
        kinds = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"]
        st.file_uploader("Picture", kinds, key=_UPLOAD, on_change=_take, args=(_UPLOAD,))
    st.caption("It stays in this session on this server and is gone when you close the page.")


def _take(key: str) -> None:
    """Read what was uploaded or shot; on trouble keep the sentence and leave the current picture alone."""
    upload = st.session_state.get(key)
    if upload is None:
        return
    try:
        picture = images.read_image(upload.getvalue(), Limits.from_env())
    except PlaygroundError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state.pop(_TROUBLE, None)
    st.session_state[_OWN_PNG] = images.to_png(picture.image, max_side=1024)
    st.session_state[_NOTICES] = picture.notices
    st.session_state[_PICTURE] = st.session_state[_SHOWN] = OWN


def _take_text() -> None:
    """Put an uploaded text into the field; on trouble keep the sentence and leave the field alone."""
    upload = st.session_state.get(_TEXT_FILE)
    st.session_state.pop(f"{_TEXT_FILE}.trouble", None)
    if upload is None:
        return
    try:
        st.session_state[_OWN_TEXT] = texts.read_text(upload.getvalue(), Limits.from_env()).text
    except PlaygroundError as error:
        st.session_state[f"{_TEXT_FILE}.trouble"] = str(error)


def _as_url(picture: Image.Image, side: int = 120) -> str:
    small = picture.copy()
    small.thumbnail((side, side))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=82)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _decode(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")
